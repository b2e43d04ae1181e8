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

/// Polling sees a little of every workload, which is no match for missing one and seeing the others.
#[test]
fn what_sees_little_everywhere_is_not_the_one_for_anywhere() {
    let polled = changed(|summary| {
        let monitors = summary["record"]["monitors"].as_array_mut().unwrap();
        monitors.push(json!({ "name": "procfs", "about": "made up", "unavailable": null }));
        let rows = summary["comparison"].as_array_mut().unwrap();
        let preload = rows.iter().filter(|row| row["configuration"] == "preload");
        let mut own: Vec<Value> = preload.cloned().collect();
        for row in &mut own {
            row["configuration"] = json!("procfs");
            for (_, loss) in row["loss"].as_object_mut().unwrap() {
                loss["missed"] = json!(loss["truths"].as_u64().unwrap() * 19 / 20);
            }
        }
        rows.extend(own);
    });
    let said = advised(polled.path(), &["--need", "anywhere"]);
    assert!(
        said.contains("use preload\n") && said.contains("runner-up: procfs"),
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
