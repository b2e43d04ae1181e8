//! A gate that cannot be talked out of failing: what is no whole promise is refused, everywhere.

use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand::rngs::StdRng;
use scoring::Summary;
use scoring::gate::{Baseline, Outcome, confirm, judge};
use scoring::record::{Status, write_json};
use serde_json::{Value, json};

use crate::common::{said, scratch};
use crate::{Loses, World, fails, files};

#[test]
fn what_cannot_be_compared_is_refused_in_one_line() {
    let dir = scratch();
    let (baseline, record) = files(dir.path(), Loses::One(0.0));
    let good: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&baseline).unwrap()).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value), names: &str| {
        let mut other = good.clone();
        change(&mut other);
        std::fs::write(&baseline, other.to_string()).unwrap();
        let (code, stdout, stderr) = said(&["gate", "--baseline", &baseline, &record]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(names) && stderr.contains("gate.json"),
            "{stderr}"
        );
    };
    refused(&|it| it["format"] = 99.into(), "is of format 99");
    let everywhere = |it: &mut Value, name: &str| {
        let text = it.to_string().replace(&format!("\"{name}\""), "\"other\"");
        *it = serde_json::from_str(&text).unwrap();
    };
    refused(&|it| everywhere(it, "paced"), "no workload other");
    refused(&|it| everywhere(it, "one"), "no monitor other");
    refused(
        &|it| it["workloads"][0][1][0] = 7.into(),
        "no workload paced",
    );
    refused(&|it| it["machine"]["cpus"] = 64.into(), "an unlike machine");
    refused(
        &|it| it["machine"]["arch"] = "riscv64".into(),
        "an unlike machine",
    );
    refused(
        &|it| it["machine"]["kernel"] = "3.10.0".into(),
        "an unlike machine",
    );
    refused(
        &|it| *it = "cut off".into(),
        "is not what harness writes there",
    );
    let (code, _, stderr) = said(&["gate", "--baseline", "/nonexistent/gate.json", &record]);
    assert_eq!((code, stderr.lines().count()), (2, 1), "{stderr}");
    let (code, _, stderr) = said(&["gate", "--baseline", &baseline, "/nonexistent"]);
    assert_eq!((code, stderr.lines().count()), (2, 1), "{stderr}");
}

/// A baseline of 3 lossless kinds of `one`, and a record of it with half of all events lost.
fn lossy(dir: &Path) -> (String, String, Value) {
    let (baseline, record) = files(dir, Loses::One(0.5));
    let good = serde_json::from_slice(&std::fs::read(&baseline).unwrap()).unwrap();
    (baseline, record, good)
}

/// Half of all events are lost: whatever `change` takes out of the baseline, the gate is refused.
#[track_caller]
fn incomplete(change: &dyn Fn(&mut Value), flags: &[&str], names: &str) {
    let dir = scratch();
    let (baseline, record, mut it) = lossy(dir.path());
    change(&mut it);
    std::fs::write(&baseline, it.to_string()).unwrap();
    let args = ["gate", "--baseline", &baseline, &record];
    let (code, stdout, stderr) = said(&[&args, flags].concat());
    assert_eq!((code, stdout.as_str()), (2, ""), "{names}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let says = ["gate.json", names, "--update"];
    let told = says.iter().all(|due| stderr.contains(due));
    assert!(told, "{names}: {stderr}");
}

#[test]
fn kind_4_a_baseline_that_is_not_complete_is_refused() {
    let nothing = "promises nothing about one on paced";
    incomplete(&|it| it["losses"] = json!([]), &[], nothing);
    let one_kind = |it: &mut Value| drop(it["losses"].as_array_mut().unwrap().remove(1));
    incomplete(
        &one_kind,
        &[],
        "promises nothing about exec of one on paced",
    );
    incomplete(&|it| it["monitors"] = json!([]), &[], "has no monitors");
    incomplete(&|it| it["workloads"] = json!([]), &[], "has no workloads");
    incomplete(&|it| it["repetitions"] = json!(0), &[], "no repetitions");
    incomplete(&|it| it["scale"] = json!(-1.0), &[], "no scale");
    let costs = &["--costs"];
    let none = "promises nothing about costs";
    incomplete(&|it| it["costs"] = json!([]), costs, none);
    incomplete(
        &|it| it["machine"]["cpu"] = json!("Z80"),
        costs,
        "of another CPU",
    );
}

#[test]
fn kind_4_a_line_that_cannot_be_is_refused() {
    let line = |key: &'static str, value: Value, names: &str| {
        incomplete(&|it| it["losses"][0][key] = value.clone(), &[], names);
    };
    line("allowance", json!(-1.0), "allowance -1");
    line("allowance", json!(2.0), "allowance 2");
    line("missed", json!(100_001), "100001 of 100000 are missed");
    line("kind", json!("forks"), "no kind is called forks");
    line("kind", json!("exec"), "two lines for exec of one");
    line("workload", json!("other"), "a line for other");
    line("configuration", json!("other"), "a line for other");
}

/// A monitor that is taken out of a baseline of two leaves one that is whole: the record tells.
#[test]
fn kind_4_a_monitor_taken_out_of_the_baseline_is_missed() {
    let mut world = World(StdRng::seed_from_u64(46));
    let both = [("one", Loses::One(0.0)), ("two", Loses::One(0.0))];
    let mut baseline = Baseline::of(&world.record(&both));
    let lossy = world.record(&[both[0], ("two", Loses::One(0.5))]);
    assert!(baseline.fits(&lossy).is_ok() && fails(&judge(&baseline, &lossy, false)));
    baseline.losses.retain(|line| line.configuration == "one");
    let error = baseline.check().unwrap_err().to_string();
    assert!(
        error.contains("promises nothing about two on paced"),
        "{error}"
    );
    baseline.monitors.retain(|name| name == "one");
    baseline.check().unwrap();
    let error = baseline.fits(&lossy).unwrap_err().to_string();
    assert!(error.contains("no monitor two"), "{error}");
}

/// No cell of a monitor, and a line of a kind without events, are "not measured", never "fine".
#[test]
fn kind_4_what_was_not_measured_fails() {
    let mut world = World(StdRng::seed_from_u64(47));
    let one = [("one", Loses::One(0.0))];
    let mut baseline = Baseline::of(&world.record(&one));
    for line in &mut baseline.losses {
        line.truths = 0;
    }
    let mut record = world.record(&one);
    record.cells.clear();
    let found = judge(&baseline, &record, false);
    assert!(found.len() == 3 && found.iter().all(|one| one.outcome == Outcome::Failed));
}

/// A second run is asked to confirm a suspicion; what it shows by itself is not thrown away.
#[test]
fn kind_4_a_second_run_that_breaks_a_promise_fails_the_gate() {
    let mut world = World(StdRng::seed_from_u64(48));
    let baseline = Baseline::of(&world.record(&[("one", Loses::One(0.0))]));
    let mut of = |rate| {
        judge(
            &baseline,
            &world.record(&[("one", Loses::One(rate))]),
            false,
        )
    };
    let (good, bad) = (of(0.0), of(0.5));
    assert!(!fails(&confirm(good.clone(), &good)) && fails(&confirm(good.clone(), &bad)));
    let mut broken = world.record(&[("one", Loses::One(0.0))]);
    broken.cells[2].status = Status::Failed;
    let broken = judge(&baseline, &broken, false);
    assert!(fails(&confirm(good, &broken)));
}

/// A record with a failed cell, or without a monitor that could run, is no base of a promise.
#[test]
fn kind_4_update_refuses_a_record_that_is_not_whole() {
    let dir = scratch();
    let (baseline, record) = files(dir.path(), Loses::One(0.0));
    std::fs::remove_file(&baseline).unwrap();
    let path = PathBuf::from(&record).join("summary.json");
    let good: Summary = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let update = || said(&["gate", "--baseline", &baseline, "--update", &record]);
    let refused = |change: &dyn Fn(&mut Summary), names: &str| {
        let mut other = good.clone();
        change(&mut other);
        write_json(&path, &other).unwrap();
        let (code, _, stderr) = update();
        assert_eq!((code, stderr.lines().count()), (2, 1), "{names}: {stderr}");
        assert!(
            stderr.contains(names) && stderr.contains(&record),
            "{stderr}"
        );
        assert!(!Path::new(&baseline).exists());
    };
    refused(
        &|it| it.comparison[0].failed = 1,
        "cells of one on paced failed",
    );
    refused(
        &|it| it.comparison[0].repetitions = 0,
        "one was not measured on paced",
    );
    refused(&|it| it.comparison.clear(), "has no monitors");
    write_json(&path, &good).unwrap();
    let (code, _, stderr) = update();
    assert!(code == 0 && stderr.contains("now promises"), "{stderr}");
}

#[test]
fn kind_4_a_refused_gate_still_writes_its_files() {
    let dir = scratch();
    let (baseline, record, mut bad) = lossy(dir.path());
    bad["losses"] = json!([]);
    std::fs::write(&baseline, bad.to_string()).unwrap();
    let (junit, page) = (dir.path().join("gate.xml"), dir.path().join("page.md"));
    let flags = [
        "--annotations",
        "github",
        "--junit",
        junit.to_str().unwrap(),
    ];
    let flags = [&flags[..], &["--markdown", page.to_str().unwrap()]].concat();
    let all = [&["gate", "--baseline", &baseline, &record][..], &flags].concat();
    let (code, stdout, stderr) = said(&all);
    assert_eq!(code, 2, "{stderr}");
    assert!(stdout.starts_with("::error title=gate by "), "{stdout}");
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(
        junit.contains("errors=\"1\"") && junit.contains("<error message="),
        "{junit}"
    );
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("**The gate could not judge:**"), "{page}");
}

/// Flags that a gate of this sort would not look at are refused, not ignored.
#[test]
fn kind_20_flags_of_another_gate_are_refused() {
    let dir = scratch();
    let (baseline, record) = files(dir.path(), Loses::One(0.0));
    for flags in [
        &[record.as_str(), "--update", "-m", "ebpf"][..],
        &[&record, "--update", "-w", "paced"],
        &[&record, "--update", "--reps", "3"],
        &[&record, "--seed", "7"],
        &[&record, "--out", "/tmp/x"],
        &[&record, "--budget", "5m"],
        &["--reps", "3"],
        &["-w", "paced"],
        &["--scale", "0.1"],
        &["--update", "--costs", &record],
        &["--update", "--junit", "x.xml", &record],
    ] {
        let all = [&["gate", "--baseline", &baseline][..], flags].concat();
        let (code, stdout, stderr) = said(&all);
        let says = (code, stdout.as_str(), stderr.lines().count());
        assert_eq!(says, (2, "", 1), "{flags:?}: {stderr}");
        assert!(stderr.contains("see harness gate --help"), "{stderr}");
    }
}
