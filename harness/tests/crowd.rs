//! A record of 25 configurations, some of which offer only some kinds: every page stays readable. It is
//! left in target/tmp/crowd, where scripts/test-page opens it in a browser.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;
mod made;

use std::fs;
use std::path::Path;

use common::said;
use contract::{Claims, Clock, Field, Kind};
use scoring::record::{Cost, write_json};
use scoring::{Scored, Summary, score};

const NAMES: [&str; 26] = [
    "null",
    "preload",
    "netlink",
    "netlink{lookup=never}",
    "audit",
    "ebpf",
    "kmod{hook=ftrace}",
    "perf",
    "taskstats",
    "accounting",
    "fanotify",
    "procfs",
    "ptrace",
    "forkstat",
    "extrace",
    "bpftrace",
    "execsnoop",
    "exitsnoop",
    "execsnoop-bpfcc",
    "auditd",
    "laurel",
    "snoopy",
    "perf-trace",
    "trace-cmd",
    "tracexec",
    "an-agent-of-a-vendor-with-a-long-name",
];
const WORKLOADS: [&str; 3] = ["fork-bomb", "short-lived/fork", "static-binary"];

/// What a configuration of that name offers.
fn claims(name: &str) -> Claims {
    let none = Claims::none(Clock::Exact);
    match name {
        "taskstats" | "accounting" | "exitsnoop" => none.with(Kind::Exit, &[Field::Status]),
        "fanotify" => none.with(Kind::Exec, &[Field::Exe]),
        "execsnoop" | "execsnoop-bpfcc" | "snoopy" => {
            none.with(Kind::Exec, &[Field::Exe, Field::Argv])
        }
        _ => made::claims(),
    }
}

fn cell(workload: &str, place: usize, repetition: u32) -> Scored {
    let name = NAMES[place];
    let mut input = made::input(3000);
    let claims = claims(name);
    input.run = made::run(workload, name, repetition);
    input.run.order = repetition * 1000 + place as u32;
    input.run.baseline = name == "null";
    let costly = 1.0 + place as f64 / 10.0;
    input.run.cost = Some(Cost {
        wall_ns: (1e9 * costly) as u64 + u64::from(repetition) * 1_000_000,
        monitor_cpu_ns: Some(20_000_000 * place as u64),
        system_cpu_ns: (1e9 * costly) as u64,
        ..Cost::default()
    });
    if name == "null" {
        input.journal.clear();
    }
    input
        .journal
        .events
        .retain(|event| claims.offers[event.kind as usize].kind);
    // Each misses another share.
    let lost = place as u32;
    input
        .journal
        .events
        .retain(|event| event.pid % 40 >= lost % 7);
    score(&input.run, &input.ledger, &input.journal, &claims, None).unwrap()
}

fn record(dir: &Path) -> Summary {
    let record = made::record(&WORKLOADS, &NAMES);
    let cells = WORKLOADS.iter().flat_map(|workload| {
        let places = 0..NAMES.len();
        places
            .flat_map(move |place| (1..=2).map(move |repetition| cell(workload, place, repetition)))
    });
    let summary = Summary::new(record, cells.collect()).unwrap();
    let _ = fs::remove_dir_all(dir);
    fs::create_dir_all(dir).unwrap();
    write_json(&dir.join("record.json"), &summary.record).unwrap();
    write_json(&dir.join("summary.json"), &summary).unwrap();
    summary
}

#[test]
fn twenty_five_configurations_can_be_read() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crowd");
    record(&dir);
    let (code, stdout, errors) = said(&["report", dir.to_str().unwrap()]);
    assert_eq!((code, errors.as_str()), (0, ""));
    let long = stdout.lines().map(|line| line.chars().count()).max();
    assert!(long.unwrap() <= 140, "{long:?}\n{stdout}");
    for name in ["taskstats", "fanotify", "execsnoop"] {
        let row = stdout.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(row.contains("not offered"), "{row}");
    }
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    // Detection latency: a panel for each family, on the workload where it is latest.
    for family in ["BPF", "audit", "ptrace", "library"] {
        assert!(page.contains(&format!("{family}, on ")), "{family}");
    }
    let (_, brief, _) = said(&["report", "--brief", dir.to_str().unwrap()]);
    assert!(
        brief.contains("fork, exec not offered") && brief.contains("fork, exit not offered"),
        "{brief}"
    );
}

#[test]
fn one_kind_is_not_complete() {
    let dir = common::scratch();
    record(dir.path());
    let (code, said, errors) = said(&["advise", dir.path().to_str().unwrap()]);
    assert_eq!((code, errors.as_str()), (0, ""));
    for answer in said
        .split("\n\n")
        .filter(|part| part.contains("miss-nothing") || part.contains("least-cost"))
    {
        let choice = answer
            .lines()
            .find(|line| line.trim_start().starts_with("use "))
            .unwrap_or("");
        for name in ["taskstats", "accounting", "exitsnoop", "fanotify", "snoopy"] {
            assert!(!choice.contains(name), "{answer}");
        }
    }
}
