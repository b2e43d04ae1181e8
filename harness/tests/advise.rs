//! `harness advise` on records that are committed: what it says is what is in tests/golden, word
//! for word. After a wanted change: `BLESS=1 cargo test -p rollcall --test advise`, and read the diff.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{said, scratch, summary};
use scoring::record::write_json;
use serde_json::{Value, json};

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares what was said with the golden file of this name.
#[track_caller]
fn golden(name: &str, found: &str) {
    let path = home().join("tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, found).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    let repeat = "after a wanted change: BLESS=1 cargo test -p rollcall --test advise";
    assert!(
        wanted == found,
        "{name}: {repeat}\nwanted:\n{wanted}\nfound:\n{found}"
    );
}

/// What is advised from the record in `dir`, without the name of the folder.
#[track_caller]
fn advised(dir: &Path, args: &[&str]) -> String {
    let dir = dir.to_str().unwrap();
    let mut all = vec!["advise", dir];
    all.extend(args);
    let (code, stdout, stderr) = said(&all);
    assert_eq!(
        (code, stderr.as_str()),
        (0, ""),
        "harness {}",
        all.join(" ")
    );
    stdout.replace(dir, "RECORD")
}

/// The plain record, changed.
fn changed(change: impl Fn(&mut Value)) -> tempfile::TempDir {
    let dir = scratch();
    let mut summary = summary(&home().join("tests/records/plain"));
    change(&mut summary);
    write_json(&dir.path().join("summary.json"), &summary).unwrap();
    dir
}

/// By the model of committed records, which have no cells of `idle`.
#[test]
fn what_a_configuration_costs_at_a_rate() {
    for (record, rate) in [
        ("reference", "exec=3000,fork=3000"),
        ("reference", "exec=40,fork=60"),
        ("sweep", "fork=3000"),
    ] {
        let dir = home().join("../results").join(record);
        let said = advised(&dir, &["--need", "least-cost", "--rate", rate]);
        let costs = said
            .split("\n\n")
            .find(|part| part.trim().starts_with("What it costs"));
        let name = format!("cost-{record}-{}", rate.replace(['=', ','], "-"));
        golden(&name, &format!("{}\n", costs.unwrap().trim()));
    }
}

#[test]
fn every_need_with_and_without_root_and_at_a_rate() {
    let plain = home().join("tests/records/plain");
    golden("plain", &advised(&plain, &[]));
    golden("plain-no-root", &advised(&plain, &["--no-root"]));
    golden("plain-rate", &advised(&plain, &["--rate", "30000"]));
}

#[test]
fn what_a_record_lacks_is_said_and_not_guessed() {
    let emulated = changed(|summary| {
        summary["record"]["machine"]["correctness_only"] = json!(true);
        summary["record"]["machine"]["kernel"] = json!("5.10.0-35-cloud-amd64");
    });
    let said = advised(emulated.path(), &["--kernel", "5.10"]);
    assert!(said.contains("emulated"), "{said}");
    golden("emulated-5.10", &said);
    let empty = changed(|summary| {
        for row in summary["comparison"].as_array_mut().unwrap() {
            row["loss"] = json!({});
            row["fields"] = json!({});
            row["slowdown"] = json!(null);
            row["system_cpu_us_per_event"] = json!(null);
        }
    });
    golden("nothing-offered", &advised(empty.path(), &[]));
}

#[test]
fn a_record_made_without_root_has_measured_that() {
    let user = changed(|summary| {
        summary["record"]["machine"]["uid"] = json!(1000);
        for monitor in summary["record"]["monitors"].as_array_mut().unwrap() {
            if !["null", "preload"].contains(&monitor["name"].as_str().unwrap()) {
                monitor["unavailable"] = json!(["needs root: run it as root"]);
            }
        }
    });
    let said = advised(user.path(), &["--need", "anywhere"]);
    assert!(
        said.contains("use preload") && said.contains("ran without root here"),
        "{said}"
    );
}

#[test]
fn the_committed_records_are_advised_on() {
    let results = home().join("../results");
    let named = |folder: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(results.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.join("summary.json").exists())
            .collect()
    };
    let reference = [results.join("reference")]
        .into_iter()
        .filter(|dir| dir.exists());
    for dir in reference.chain(named("kernels")) {
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        golden(&name, &advised(&dir, &[]));
        golden(&format!("{name}-no-root"), &advised(&dir, &["--no-root"]));
    }
}

/// The newest kernel of which there is a record, as `--kernel` has it.
fn newest() -> String {
    let records = fs::read_dir(home().join("../results/kernels")).unwrap();
    let files = records.map(|one| one.unwrap().path().join("record.json"));
    let kernels = files.filter_map(|path| {
        let record: Value = serde_json::from_slice(&fs::read(path).ok()?).unwrap();
        let kernel = record["machine"]["kernel"].as_str().unwrap().to_owned();
        let mut numbers = kernel
            .split('.')
            .map(|number| number.parse::<u32>().unwrap());
        Some((numbers.next().unwrap(), numbers.next().unwrap()))
    });
    let (major, minor) = kernels.max().unwrap();
    format!("{major}.{minor}")
}

/// As asked in the folder of the sources: no record is named, so the results are searched.
#[test]
fn the_results_are_searched_for_a_kernel() {
    let newest = newest();
    for (name, args) in [
        ("results", &[][..]),
        ("results-5.10", &["--kernel", "5.10"]),
        ("results-newest", &["--kernel", &newest]),
    ] {
        for (end, root) in [("", &[][..]), ("-no-root", &["--no-root"])] {
            let mut command = common::harness();
            command.current_dir(home().join("..")).arg("advise");
            let out = command.args(args).args(root).output().unwrap();
            assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
            golden(
                &format!("{name}{end}"),
                &String::from_utf8(out.stdout).unwrap(),
            );
        }
    }
}

/// A configuration called `name` that fares as `like` does, its rows and its loss cells alike.
fn copy(summary: &mut Value, like: &str, name: &str) {
    let base = |label: &str| label == like || label.starts_with(&format!("{like}{{r"));
    let renamed = |value: &Value, key: &str| {
        let label = value[key].as_str()?;
        let mut copy = value.clone();
        copy[key] = json!(label.replacen(like, name, 1));
        base(label).then_some(copy)
    };
    for (list, key) in [
        ("comparison", "configuration"),
        ("cells", "configuration"),
        ("overhead", "configuration"),
    ] {
        let all = summary[list].as_array_mut().unwrap();
        let copies: Vec<Value> = all.iter().filter_map(|one| renamed(one, key)).collect();
        assert!(!copies.is_empty(), "{like} in {list}");
        all.extend(copies);
    }
    let monitors = summary["record"]["monitors"].as_array_mut().unwrap();
    let copies: Vec<Value> = monitors
        .iter()
        .filter_map(|one| renamed(one, "name"))
        .collect();
    monitors.extend(copies);
}

/// Every row of the configuration called `name`, those that stand for it included.
fn rows<'a>(summary: &'a mut Value, name: &'a str) -> impl Iterator<Item = &'a mut Value> {
    let all = summary["comparison"].as_array_mut().unwrap().iter_mut();
    all.filter(move |row| row["configuration"].as_str().unwrap().starts_with(name))
}

/// Polling sees a little of every workload, which is no match for missing one and seeing the others.
#[test]
fn what_sees_little_everywhere_is_not_the_one_for_anywhere() {
    let polled = changed(|summary| {
        copy(summary, "preload", "procfs");
        let little = |of: &Value| json!(of["truths"].as_u64().unwrap() * 19 / 20);
        let cells = summary["cells"].as_array_mut().unwrap().iter_mut();
        for cell in cells.filter(|cell| {
            cell["configuration"]
                .as_str()
                .unwrap()
                .starts_with("procfs")
        }) {
            for (_, kind) in cell["kinds"].as_object_mut().unwrap() {
                kind["missed"] = little(kind);
                let left = kind["truths"].as_u64().unwrap() - kind["missed"].as_u64().unwrap();
                kind["matched"] = json!(left);
            }
        }
        for row in rows(summary, "procfs") {
            // Not only with the smaller buffer of the loss cells.
            row["missed_elsewhere"] = json!(1);
            for (_, loss) in row["loss"].as_object_mut().unwrap() {
                loss["missed"] = little(loss);
                let of = |key: &str| loss[key].as_f64().unwrap();
                let rate = of("missed") / of("truths").max(1.0);
                loss["rate"] = json!(rate);
                loss["low"] = json!(0.9);
                loss["high"] = json!(0.99);
            }
        }
    });
    let said = advised(polled.path(), &["--need", "anywhere"]);
    assert!(
        said.contains("use preload\n") && said.contains("runner-up: procfs"),
        "{said}"
    );
}

/// What a need says of the record: the lines between its name and the runner-up.
fn chosen(said: &str) -> &str {
    said.split("runner-up").next().unwrap()
}

#[test]
fn security_asks_for_names_and_arguments() {
    let plain = home().join("tests/records/plain");
    for need in ["miss-nothing", "full-detail"] {
        let said = advised(&plain, &["--need", need]);
        let names = chosen(&said).lines().nth(3).unwrap();
        assert!(
            names.contains("ebpf") && !names.contains("netlink"),
            "{said}"
        );
    }
    let only = changed(|summary| {
        let monitors = summary["record"]["monitors"].as_array_mut().unwrap();
        let stays = |one: &Value| {
            let name = one["name"].as_str().unwrap();
            name == "null" || name.starts_with("netlink{lookup=never")
        };
        monitors.retain(stays);
        rows(summary, "netlink{lookup=never").for_each(|row| row["false_positives"] = json!(0));
    });
    let said = advised(only.path(), &["--need", "full-detail"]);
    assert!(
        said.contains("no choice") && said.contains("fails: exe not offered"),
        "{said}"
    );
    let said = advised(only.path(), &["--need", "least-cost"]);
    assert!(
        said.contains("use netlink{lookup=never}") && said.contains("price: argv not offered"),
        "{said}"
    );
}

#[test]
fn what_intervals_cannot_tell_apart_is_a_tie_and_none_decides_without() {
    let twins = changed(|summary| copy(summary, "ebpf", "perf"));
    let said = advised(twins.path(), &["--need", "full-detail"]);
    assert!(
        said.contains("these figures cannot tell them apart") && said.contains("perf"),
        "{said}"
    );
    // Ten times as fast by every figure, and not one of them has an interval.
    let bare = changed(|summary| {
        copy(summary, "ebpf", "perf");
        for row in rows(summary, "perf") {
            for figure in ["own_cpu_us_per_event", "system_cpu_us_per_event"] {
                if row[figure].is_object() {
                    row[figure]["value"] = json!(0.01);
                    row[figure]["low"] = json!(null);
                    row[figure]["high"] = json!(null);
                }
            }
            row["latency_us"]["all_interval"] = json!(null);
        }
        let overhead = summary["overhead"].as_array_mut().unwrap();
        for one in overhead
            .iter_mut()
            .filter(|one| one["configuration"] == "perf")
        {
            one["slowdown"]["ratio"] = json!(0.5);
            one["slowdown"]["low"] = json!(null);
            one["slowdown"]["high"] = json!(null);
        }
    });
    let said = advised(bare.path(), &["--need", "full-detail"]);
    let names = chosen(&said).lines().nth(3).unwrap();
    assert!(names.contains("ebpf") && names.contains("perf"), "{said}");
}

#[test]
fn the_noise_floor_stands_beside_what_it_decides() {
    let said = advised(&home().join("tests/records/plain"), &[]);
    for line in said.lines().filter(|line| {
        line.contains("slowdown +")
            || line.contains("slowdown -")
            || line.contains("system CPU per event ")
    }) {
        let is_figure = line.contains(" us") || line.contains(" %");
        assert!(
            !is_figure || line.contains("noise floor") || line.contains("would change"),
            "{line}"
        );
    }
}

#[test]
fn what_cannot_be_verified_is_never_said_to_be_none() {
    let few = changed(|summary| rows(summary, "ebpf").for_each(|row| row["unverified"] = json!(3)));
    let said = advised(few.path(), &["--need", "miss-nothing"]);
    assert!(said.contains("use ebpf"), "{said}");
    assert!(
        said.contains("unrelated events may never have happened"),
        "{said}"
    );
    let claims_every_pid = changed(|summary| {
        for name in ["ebpf", "audit"] {
            rows(summary, name).for_each(|row| row["unverified"] = json!(4_000_000));
        }
    });
    let said = advised(claims_every_pid.path(), &[]);
    for line in said.lines().filter(|line| line.starts_with("  use ")) {
        assert!(!line.contains("ebpf") && !line.contains("audit"), "{said}");
    }
}

/// Loss is tested by what goes through the buffer, not by what fits into it.
#[test]
fn no_loss_that_was_not_tested_is_no_reason() {
    let untested = changed(|summary| {
        rows(summary, "ebpf").for_each(|row| row["loss_tested"] = json!(false));
    });
    let said = advised(untested.path(), &["--need", "miss-nothing"]);
    assert!(
        !said.contains("use ebpf") && said.contains("event loss was not tested"),
        "{said}"
    );
}

#[test]
fn misuse_names_what_there_is() {
    let plain = home().join("tests/records/plain");
    let plain = plain.to_str().unwrap();
    for (args, names) in [
        (vec!["advise", plain, "--need", "speed"], "least-cost"),
        (vec!["advise", plain, "--kernel", "6.1"], "6.18.44"),
        (vec!["advise", plain, "--rate", "-3"], "--rate"),
        (vec!["advise", "/nonexistent"], "/nonexistent"),
    ] {
        let (code, stdout, stderr) = said(&args);
        assert_eq!(
            (code, stdout.as_str(), stderr.lines().count()),
            (2, "", 1),
            "{stderr}"
        );
        assert!(stderr.contains(names), "{stderr}");
    }
}
