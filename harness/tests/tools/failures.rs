//! Every way in which a tool can fail has an error of its own.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use serde_json::Value;

use crate::common::{cells, said, scratch, summary};
use crate::definitions::{Definition, measured};

/// A name, a shell script, and keys of its definition. The numbers in the scripts mark their processes.
const BAD: [(&str, &str, &str); 10] = [
    ("never-ready", "sleep 31.001 & sleep 31.001", "ready = 'go'"),
    (
        "garbage",
        "while :; do echo lorem ipsum; sleep 0.0102; done",
        "",
    ),
    (
        "flood",
        "yes 'exit 31003' & yes 'exit 31003'",
        "most_output_mib = 1",
    ),
    ("forks-away", "setsid sh -c 'sleep 31.004; :' & exit 0", ""),
    (
        "other-stream",
        "while :; do echo exit 1 >&2; sleep 0.1003; done",
        "",
    ),
    (
        "sees-others",
        "while :; do echo fork 1; sleep 0.1004; done",
        "[[line]]\nkind = \"fork\"\nregex = '^fork (?<pid>\\d+)$'",
    ),
    ("dies", "echo exit 1; echo 'no memory' >&2; exit 3", ""),
    ("refuses", "echo 'no such kernel' >&2; exit 3", ""),
    (
        "attaches",
        "grep -qx \"PPid:.{parent}\" /proc/$PPID/status && echo it is {parent} >&2; exit 3",
        "",
    ),
    (
        "says-why",
        "echo exit 1; echo 'no headers of 6.1'; echo 'in line 7' >&2; exit 1",
        "cannot = 'no headers of \\S+'\nremedy = 'install them'",
    ),
];

/// The cells of all bad tools, measured in one run.
static CELLS: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    let dir = scratch();
    for (name, script, keys) in BAD {
        let run = ["sh", "-c", script];
        let definition = Definition {
            keys,
            ..Definition::new(name, &run)
        };
        definition.write(dir.path());
    }
    Definition::new("not-installed", &["no-such-tool"]).write(dir.path());
    let follows = Definition {
        needs: "\"own-command\"",
        ..Definition::new("follows", &["true"])
    };
    follows.write(dir.path());
    let mut names = BAD.map(|(name, ..)| name).to_vec();
    names.extend(["not-installed", "follows"]);
    let (cells, _) = measured(dir.path(), &names);
    names.into_iter().zip(cells).collect()
});

/// The error of the tool `name`, whose cell has this status.
fn error(name: &str, status: &str) -> &'static str {
    let cell = &CELLS[name];
    assert_eq!(cell["status"], status, "{cell:#}");
    cell["error"].as_str().unwrap()
}

/// Whether a process has `mark` among its arguments.
pub(crate) fn alive(mark: &str) -> bool {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let mut lines = pids.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let has = |line: Vec<u8>| {
        line.split(|&byte| byte == 0)
            .any(|word| word == mark.as_bytes())
    };
    lines.any(has)
}

#[test]
fn a_tool_that_never_gets_ready() {
    let why = error("never-ready", "failed");
    assert!(why.contains("never got ready"), "{why}");
    assert!(!alive("31.001"));
}

#[test]
fn a_tool_that_prints_garbage() {
    let why = error("garbage", "failed");
    assert!(why.contains("printed garbage"), "{why}");
    assert!(why.contains("lorem ipsum"), "{why}");
    assert!(!alive("0.0102"));
}

#[test]
fn a_tool_that_floods() {
    let why = error("flood", "failed");
    assert!(why.contains("flooded: it said more than 1 MiB"), "{why}");
    assert!(!alive("exit 31003"));
}

#[test]
fn a_tool_that_forks_away() {
    let why = error("forks-away", "failed");
    assert!(why.contains("forked away"), "{why}");
    assert!(!alive("31.004"));
}

/// What it is to attach to has started the process that reads its lines.
#[test]
fn a_tool_that_attaches_is_told_to_what() {
    let why = error("attaches", "unavailable");
    assert!(why.contains("it is "), "{why}");
}

#[test]
fn a_tool_that_follows_its_own_command_is_a_row() {
    let why = error("follows", "unavailable");
    assert!(
        why.contains("it follows a command of its own only"),
        "{why}"
    );
}

#[test]
fn a_tool_whose_events_come_on_the_other_stream() {
    let why = error("other-stream", "failed");
    assert!(why.contains("put events = \"stderr\""), "{why}");
    assert!(!alive("0.1003"));
}

#[test]
fn what_was_seen_of_the_probe_is_told() {
    let why = error("sees-others", "failed");
    assert!(why.contains("nothing was reported, and "), "{why}");
    assert!(why.contains("(its exit is waited for)"), "{why}");
    assert!(!alive("0.1004"));
}

/// It reports an exit when the pid has vanished, as a poller does, and says much after it is ready.
/// Its lines are not UTF-8.
const POLLER: &str = r#"
import os, sys, time
write = lambda text: os.write(1, text)
write(b"go\n" + b"banner \xff\n" * 20000)
known = None
while True:
    now = {int(pid) for pid in os.listdir("/proc") if pid.isdigit()}
    for pid in (known or set()) - now:
        write(b"exit %d \xff\xfe\n" % pid)
    known = now
    time.sleep(0.01)
"#;

#[test]
#[ignore = "needs root"]
fn a_poller_that_waits_for_a_pid_to_vanish_is_scored() {
    let dir = scratch();
    let run = ["python3", "-c", POLLER];
    let definition = Definition {
        needs: "\"root\"",
        keys: "ready = '^go\\n'\nignore = ['^banner .*$', '^go$']",
        lines: "[[line]]\nkind = \"exit\"\nregex = '^exit (?<pid>\\d+) .*$'\n",
        ..Definition::new("poller", &run)
    };
    definition.write(dir.path());
    let (cells, stderr) = measured(dir.path(), &["poller"]);
    assert_eq!(cells[0]["status"], "ok", "{:#}\n{stderr}", cells[0]);
    assert_eq!(
        cells[0]["notes"]["lines_not_understood"], 0,
        "{:#}",
        cells[0]
    );
}

/// The row, the reason, and that nothing was measured.
#[test]
fn a_program_that_is_missing_only_when_it_is_run_ends_with_exit_code_3() {
    let dir = scratch();
    let definition = Definition {
        needs: "\"root\"",
        ..Definition::new("half-installed", &["/no/such-tool"])
    };
    definition.write(dir.path());
    for workload in ["case/end-exit", "short-lived/fork{count=10}"] {
        let out = dir.path().join(workload.replace('/', "-"));
        let tools = dir.path().to_str().unwrap();
        let args = ["run", "-m", "half-installed", "-w", workload, "--reps", "1"];
        let out = ["--tools", tools, "--out", out.to_str().unwrap()];
        let (code, stdout, stderr) = said(&[&args[..], &out].concat());
        assert_eq!(code, 3, "{stderr}");
        assert!(stderr.contains("needs /no/such-tool: nothing"), "{stderr}");
        assert!(stdout.contains("needs /no/such-tool: nothing"), "{stdout}");
    }
}

#[test]
fn a_tool_that_dies() {
    let why = error("dies", "failed");
    assert!(why.contains("died (exit code 3)"), "{why}");
    assert!(why.contains("no memory"), "{why}");
}

#[test]
fn a_tool_that_ends_without_an_event_cannot_run_here() {
    let why = error("refuses", "unavailable");
    let end = "no such kernel: see what its manual says of that";
    assert!(why.ends_with(end), "{why}");
}

#[test]
fn a_tool_may_name_the_reason_why_it_cannot_run() {
    let why = error("says-why", "unavailable");
    let end = "exit code 1: no headers of 6.1: install them";
    assert!(why.ends_with(end), "{why}");
}

#[test]
fn a_tool_that_is_not_installed_is_a_row_that_names_the_package() {
    let why = error("not-installed", "unavailable");
    assert_eq!(why, "needs no-such-tool: nothing");
}

/// A tool that prints what programs need in their environment to be seen.
#[test]
fn the_environment_that_a_tool_asks_for_gets_to_the_programs() {
    let dir = scratch();
    let out = dir.path().join("record");
    let workload = "short-lived/fork{count=100}";
    let args = [
        "run",
        "-m",
        "watch-preload",
        "-w",
        workload,
        "--reps",
        "1",
        "--out",
    ];
    let (_, _, stderr) = said(&[&args[..], &[out.to_str().unwrap()]].concat());
    let summary = summary(&out);
    let cell = cells(&summary, "watch-preload")[0];
    assert_eq!(cell["status"], "ok", "{cell:#}\n{stderr}");
    let exec = &cell["kinds"]["exec"];
    assert_eq!(exec["missed"], 0, "{cell:#}");
    assert!(exec["truths"].as_u64() >= Some(100), "{cell:#}");
}
