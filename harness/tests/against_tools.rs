//! results/tools holds this project's monitors against third-party tools of the same technique: for each tool one setting
//! is not shown to be worse, on any of the three families, in p99 of detection latency, in CPU of its own and in what
//! it misses. Where there is none, CONTRIBUTING.md says what stands in the way, and this test which that are.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod common;

use std::fs;
use std::path::Path;

use common::summary;
use serde_json::Value;

const FAMILIES: [&str; 3] = ["fork-bomb", "short-lived/fork", "static-binary"];
const EBPF: &[&str] = &["ebpf", "ebpf{rest=500us}", "ebpf{rest=0us}"];
const NETLINK: &[&str] = &["netlink", "netlink{rest=0us}"];

/// Tools of which there are figures, and settings of ours of the same technique.
const RIVALS: [(&str, &[&str]); 11] = [
    ("forkstat", NETLINK),
    ("extrace", NETLINK),
    ("bpftrace", EBPF),
    ("execsnoop", EBPF),
    ("execsnoop-bt", EBPF),
    ("exitsnoop", EBPF),
    ("perf-trace", &["perf"]),
    ("auditd", &["audit"]),
    ("laurel", &["audit"]),
    ("snoopy", &["preload", "preload{rest=0us}"]),
    ("strace", &["ptrace"]),
];

/// What our best setting is worse in, as CONTRIBUTING.md says.
const WORSE: [&str; 4] = [
    "execsnoop: own CPU on fork-bomb",
    "execsnoop-bt: own CPU on fork-bomb",
    "snoopy: own CPU on fork-bomb",
    "snoopy: p99 of exec on short-lived/fork",
];
/// Of fewer events there is no p99.
const ENOUGH: u64 = 100;

struct Record(Vec<Value>);

impl Record {
    fn read(top: &Path) -> Self {
        let all = summary(&top.join("results/tools"));
        Self(all["comparison"].as_array().unwrap().clone())
    }

    fn row(&self, workload: &str, configuration: &str) -> &Value {
        let is =
            |row: &&Value| row["workload"] == workload && row["configuration"] == configuration;
        let found = self.0.iter().find(is);
        found.unwrap_or_else(|| panic!("results/tools has no {configuration} on {workload}"))
    }

    /// In what `ours` is shown to be worse than `tool`.
    fn worse(&self, tool: &str, ours: &str) -> Vec<String> {
        let on = |workload: &&str| {
            let (theirs, own) = (self.row(workload, tool), self.row(workload, ours));
            let all = [
                slower(theirs, own),
                dearer(theirs, own),
                blinder(theirs, own),
            ]
            .concat();
            let named = all.into_iter();
            named
                .map(|what| format!("{tool}: {what} on {workload}"))
                .collect::<Vec<_>>()
        };
        FAMILIES.iter().flat_map(on).collect()
    }
}

/// Whether one interval lies wholly above another.
fn above(one: &Value, other: &Value) -> bool {
    one["low"].as_f64().unwrap() > other["high"].as_f64().unwrap()
}

/// Of the kinds that the tool tells, those whose p99 is shown to be higher.
fn slower(theirs: &Value, own: &Value) -> Vec<String> {
    let Some(kinds) = theirs["latency_us"]["kinds"].as_object() else {
        return Vec::new();
    };
    let told = kinds
        .iter()
        .filter(|(_, of)| of["n"].as_u64() >= Some(ENOUGH));
    let slower = told.filter(|(kind, _)| {
        let p99 = |row: &Value| row["latency_us"]["kinds_interval"][kind.as_str()]["p99"].clone();
        above(&p99(own), &p99(theirs))
    });
    slower.map(|(kind, _)| format!("p99 of {kind}")).collect()
}

fn dearer(theirs: &Value, own: &Value) -> Vec<String> {
    let cpu = "own_cpu_us_per_event";
    let dearer = above(&own[cpu], &theirs[cpu]);
    dearer.then(|| "own CPU".to_owned()).into_iter().collect()
}

/// Of the kinds that the tool tells, those of which ours misses a larger share.
fn blinder(theirs: &Value, own: &Value) -> Vec<String> {
    let rate = |row: &Value, kind: &str| row["loss"][kind]["rate"].as_f64().unwrap();
    let kinds = theirs["loss"].as_object().unwrap().keys();
    let blinder = kinds.filter(|kind| rate(own, kind) > rate(theirs, kind));
    blinder.map(|kind| format!("loss of {kind}")).collect()
}

#[test]
fn for_each_tool_a_setting_of_ours_is_no_worse_or_it_is_said_why() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let record = Record::read(&top);
    let best = RIVALS.iter().flat_map(|(tool, ours)| {
        let each = ours.iter().map(|ours| record.worse(tool, ours));
        each.min_by_key(Vec::len).unwrap()
    });
    let best: Vec<String> = best.collect();
    assert_eq!(
        best, WORSE,
        "what is said in CONTRIBUTING.md is not what results/tools has"
    );
    let page = fs::read_to_string(top.join("CONTRIBUTING.md")).unwrap();
    for worse in WORSE {
        let (tool, of) = worse.split_once(": ").unwrap();
        let (what, workload) = of.split_once(" on ").unwrap();
        let (_, ours) = RIVALS.iter().find(|(name, _)| *name == tool).unwrap();
        let all = ours
            .iter()
            .map(|ours| (figure(record.row(workload, ours), what), ours));
        let (own, nearest) = all.min_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
        let theirs = figure(record.row(workload, tool), what);
        let digits = if what == "own CPU" { 2 } else { 1 };
        let row = format!(
            "| `{tool}` | {of} | {theirs:.digits$} against {own:.digits$} of `{nearest}` |"
        );
        assert!(page.contains(&row), "CONTRIBUTING.md lacks: {row}");
    }
}

/// CPU in microseconds for each event, or a p99 in milliseconds.
fn figure(row: &Value, what: &str) -> f64 {
    match what.strip_prefix("p99 of ") {
        Some(kind) => row["latency_us"]["kinds"][kind]["p99"].as_f64().unwrap() / 1000.0,
        None => row["own_cpu_us_per_event"]["value"].as_f64().unwrap(),
    }
}
