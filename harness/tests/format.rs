//! docs/FORMAT.md is complete: every key of a fresh record of each kind is in its tables, and every
//! key in its tables is in a record.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;
#[path = "format/keys.rs"]
mod keys;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::{harness, said, scratch};
use keys::Keys;
use serde_json::Value;

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Those that are JSON.
const FILES_OF_A_CELL: [&str; 7] = [
    "cell.json",
    "outcome.json",
    "ledger.json",
    "inherited.json",
    "alive.json",
    "checksums.json",
    "foreign.json",
];

fn page() -> Keys {
    Keys::read(&fs::read_to_string(home().join("docs/FORMAT.md")).unwrap())
}

fn json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

/// Runs the harness, which has to succeed.
fn done(args: &[&str]) {
    let (code, _, errors) = said(args);
    assert_eq!(code, 0, "harness {}\n{errors}", args.join(" "));
}

/// Walks all JSON files of a record.
fn walk(keys: &mut Keys, record: &Path) {
    for name in ["record.json", "summary.json", "missed.json", "sweep.json"] {
        let path = record.join(name);
        if path.exists() {
            keys.walk(name, &json(&path));
        }
    }
    let (code, explained, errors) = said(&["explain", record.to_str().unwrap()]);
    assert_eq!((code, &*errors), (0, ""), "harness explain");
    keys.walk("explain", &serde_json::from_str(&explained).unwrap());
    for cell in fs::read_dir(record.join("raw")).unwrap() {
        for name in FILES_OF_A_CELL {
            let path = cell.as_ref().unwrap().path().join(name);
            if path.exists() {
                keys.walk(name, &json(&path));
            }
        }
    }
}

/// Measures with the options and walks the record.
fn measured(keys: &mut Keys, dir: &Path, name: &str, args: &[&str]) {
    let out = dir.join(name);
    done(&[args, &["--out", out.to_str().unwrap()]].concat());
    walk(keys, &out);
}

/// What needs no root: a run, a case and a gate, under the fault injector, the preload library and a
/// tool that prints event lines.
fn without_root(keys: &mut Keys, dir: &Path) {
    let small = ["--scale", "0.02", "--reps", "2"];
    let run = ["run", "-m", "replay,preload,watch-preload"];
    let workloads = ["-w", "fork-bomb", "-w", "paced$", "-w", "case/end-exit"];
    measured(keys, dir, "run", &[&run[..], &workloads, &small].concat());
    common::thin(&dir.join("run"));
    walk(keys, &dir.join("run"));
    let baseline = dir.join("gate.json");
    let gate = ["gate", "--baseline", baseline.to_str().unwrap(), "--update"];
    let choice = ["-m", "preload", "-w", "paced$"];
    measured(keys, dir, "gate", &[&gate[..], &choice, &small].concat());
    keys.walk("baseline", &json(&baseline));
    // Real ones take an hour.
    keys.walk(
        "tamper.json",
        &json(&home().join("scripts/tests/tamper.json")),
    );
    keys.walk("soak.json", &json(&home().join("scripts/tests/soak.json")));
}

/// The definitions that come with the harness, and the example of the page, which it must accept.
fn definitions(keys: &mut Keys, dir: &Path) {
    let page = fs::read_to_string(home().join("docs/FORMAT.md")).unwrap();
    let example = page.split("```toml\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let tools = dir.join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("my-agent.toml"), example).unwrap();
    done(&["list", "--tools", tools.to_str().unwrap()]);
    definition(keys, example);
    for entry in fs::read_dir(home().join("monitors/src/tools")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "toml") {
            definition(keys, &fs::read_to_string(&path).unwrap());
        }
    }
}

fn definition(keys: &mut Keys, text: &str) {
    let table: toml::Table = toml::from_str(text).unwrap();
    keys.walk("tool", &serde_json::to_value(table).unwrap());
}

#[test]
fn every_key_of_a_record_is_on_the_page() {
    let (dir, mut keys) = (scratch(), page());
    without_root(&mut keys, dir.path());
    definitions(&mut keys, dir.path());
    assert_eq!(keys.faults(&["tool"]), "");
}

/// The lines of a monitor that runs live: one of each kind, one of a snapshot, and one with a truncated argv.
fn event_lines(keys: &mut Keys) {
    let mut watch = harness();
    watch.args(["watch", "ebpf{fields=all}", "--format", "json"]);
    let mut child = watch.stdout(Stdio::piped()).spawn().unwrap();
    let long = format!("{:5000}", "x");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut cut, mut snapshot) = (false, false);
    let met = lines.by_ref().map(Result::unwrap).any(|line| {
        keys.walk("event", &serde_json::from_str(&line).unwrap());
        let status = std::process::Command::new("true").arg(&long).status();
        status.unwrap();
        // A compiler that runs beside this has a truncated argv, too, and may be the first of the snapshot.
        let old = line.contains("\"origin\"");
        cut |= !old && line.contains("\"cut\"");
        snapshot |= old;
        cut && snapshot
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        met,
        "no line had a truncated argv, or none was of the snapshot"
    );
}

/// A machine without control groups has its notes in the record.
fn without_groups(keys: &mut Keys, dir: &Path) {
    let out = dir.join("no-groups");
    let run = "umount -a -t cgroup; umount -a -t cgroup2; exec \"$@\"";
    let mut command = std::process::Command::new("unshare");
    command.args(["--mount", "sh", "-c", run, "sh"]);
    command.arg(harness().get_program());
    command.args(["run", "-m", "procfs", "-w", "case/end-exit", "--reps", "1"]);
    let output = command.arg("--out").arg(&out).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let record = json(&out.join("record.json"));
    assert_eq!(record["machine"]["cgroup"], "none");
    walk(keys, &out);
}

/// A figure that drifts. Whether one does in runs as short as these is up to chance.
fn drift(keys: &mut Keys) {
    let drift = scoring::Drift {
        what: "latency_us".into(),
        first: 10.0,
        second: 20.0,
    };
    let found = scoring::Stationarity {
        stationary: false,
        what: vec![drift],
    };
    keys.walk("stationary", &serde_json::to_value(found).unwrap());
}

/// What the committed records of guests say of their machines.
fn guests(keys: &mut Keys) {
    let guests = fs::read_dir(home().join("results/kernels")).unwrap();
    let notes = guests.map(|guest| guest.unwrap().path().join("vm.json"));
    for note in notes.filter(|path| path.exists()) {
        keys.walk("vm.json", &json(&note));
    }
}

#[test]
#[ignore = "needs root"]
fn every_key_on_the_page_is_in_a_record() {
    let (dir, mut keys) = (scratch(), page());
    without_root(&mut keys, dir.path());
    definitions(&mut keys, dir.path());
    let run = ["run", "-m", "netlink,audit,ebpf,procfs"];
    // A command, which the cost model is held against.
    let workloads = ["-w", "fork-bomb,case/end-killed,real/cron-storm{size=250}"];
    let small = ["--scale", "0.02", "--reps", "2"];
    let all = [&run[..], &workloads, &small].concat();
    measured(&mut keys, dir.path(), "root", &all);
    // Every second field is wrong, so that the sample of faults has some.
    let faulty = ["run", "-m", "replay{wrong=0.5}", "-w", "fork-bomb"];
    let faulty = [&faulty[..], &["--scale", "0.02", "--reps", "1"]].concat();
    measured(&mut keys, dir.path(), "faulty", &faulty);
    let precise = ["run", "-m", "preload", "-w", "fork-bomb", "--scale", "0.02"];
    let precise = [&precise[..], &["--precision", "90%"]].concat();
    measured(&mut keys, dir.path(), "precise", &precise);
    let sweep = [
        "sweep",
        "-m",
        "netlink{rcvbuf=8k,lookup=never}",
        "--budget",
        "60s",
    ];
    measured(&mut keys, dir.path(), "sweep", &sweep);
    // It names no parents.
    let childless = ["run", "-m", "fanotify", "-w", "static-binary$"];
    let childless = [&childless[..], &["--scale", "0.02", "--reps", "1"]].concat();
    measured(&mut keys, dir.path(), "childless", &childless);
    // The number of its processes differs, and one of them executes twice.
    let count = dir.path().join("n");
    let script = format!(
        "echo x >>{0}; for i in $(cat {0}); do /bin/true; done; nice true",
        count.display()
    );
    let command = ["run", "-m", "ebpf", "--reps", "2", "--setup", ":"];
    let out = dir.path().join("command");
    done(
        &[
            &command[..],
            &["--out", out.to_str().unwrap(), "--", "sh", "-c", &script],
        ]
        .concat(),
    );
    walk(&mut keys, &out);
    without_groups(&mut keys, dir.path());
    let blind = ["run", "-m", "netlink", "--reps", "1"];
    let blind = [&blind[..], &["-w", "blind/gap,blind/backfill{count=50}"]].concat();
    measured(&mut keys, dir.path(), "blind", &blind);
    event_lines(&mut keys);
    drift(&mut keys);
    guests(&mut keys);
    // Of the history of several records: harness/tests/trend.rs.
    let names = keys.names().into_iter().filter(|name| name != "trend");
    let names: Vec<String> = names.collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(keys.faults(&names), "");
}
