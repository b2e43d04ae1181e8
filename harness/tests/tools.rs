//! Third-party tools: one that loses, repeats, invents, alters and reports late is scored
//! exactly, and whatever one does wrong is told apart, with nothing of it left.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{cells, is_root, said, scratch, summary, within};
use serde_json::Value;

/// A tool that is right but for what it is asked to do wrong.
const TOOL: &str = include_str!("tools/liar.py");

/// What every definition here begins with; `more` is keys, `lines` tables.
fn define(dir: &Path, name: &str, run: &[&str], more: &str, lines: &str) {
    let text = format!(
        "name = \"{name}\"\nabout = \"a test\"\ninstall = \"nothing\"\nversion = [\"sh\", \"-c\", \
         \"echo 1\"]\nneeds = []\nrun = {run:?}\nbuffering = \"none\"\n{more}\n[claims]\nclock = \
         \"none\"\nfork = [\"ppid\"]\nexec = []\nexit = [\"status\"]\n{lines}"
    );
    fs::write(dir.join(format!("{name}.toml")), text).unwrap();
}

const EXITS: &str = "[[line]]\nkind = \"exit\"\nregex = '^exit (?<pid>\\d+)$'\n";

/// Measures with the tool `name` of `dir`; its one cell, and what was said.
fn measured(dir: &Path, name: &str) -> (Value, String) {
    let out = dir.join("record");
    let args = [
        "run",
        "-m",
        name,
        "-w",
        "short-lived/fork{count=100}",
        "--reps",
        "1",
    ];
    let mut args = args.to_vec();
    let paths = [dir.to_str().unwrap(), out.to_str().unwrap()];
    args.extend(["--tools", paths[0], "--out", paths[1]]);
    let (_, _, stderr) = said(&args);
    let cell = cells(&summary(&out), name)[0].clone();
    (cell, stderr)
}

/// Whether a process has `mark` among its arguments.
fn alive(mark: &str) -> bool {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .any(|line| {
            line.split(|&byte| byte == 0)
                .any(|word| word == mark.as_bytes())
        })
}

/// The error of the failed cell of a tool that is the shell command `script`.
fn failure(script: &str, more: &str) -> String {
    let dir = scratch();
    define(dir.path(), "bad", &["sh", "-c", script], more, EXITS);
    let (cell, stderr) = measured(dir.path(), "bad");
    assert_eq!(cell["status"], "failed", "{cell:#}\n{stderr}");
    cell["error"].as_str().unwrap().to_owned()
}

#[test]
fn a_tool_that_never_gets_ready_is_told() {
    let why = failure("sleep 31.001 & sleep 31.001", "ready = 'go'");
    assert!(why.contains("never got ready"), "{why}");
    assert!(!alive("31.001"));
}

#[test]
fn garbage_is_told() {
    let why = failure("while :; do echo lorem ipsum; sleep 0.0102; done", "");
    assert!(
        why.contains("printed garbage") && why.contains("lorem ipsum"),
        "{why}"
    );
    assert!(within(5, || !alive("0.0102")));
}

#[test]
fn a_flood_is_told() {
    let why = failure("yes 'exit 31003' & yes 'exit 31003'", "most_output_mib = 1");
    assert!(why.contains("flooded: it said more than 1 MiB"), "{why}");
    assert!(!alive("exit 31003"));
}

#[test]
fn a_tool_that_forks_away_is_told() {
    let why = failure("setsid sh -c 'sleep 31.004; :' & exit 0", "");
    assert!(why.contains("forked away"), "{why}");
    assert!(!alive("31.004"));
}

#[test]
fn a_tool_that_dies_is_told() {
    let why = failure("echo exit 1; echo 'no memory' >&2; exit 3", "");
    assert!(
        why.contains("died (exit code 3)") && why.contains("no memory"),
        "{why}"
    );
}

#[test]
fn a_tool_that_ends_without_a_word_cannot_run_here() {
    let dir = scratch();
    let script = "echo 'no such kernel' >&2; exit 3";
    define(dir.path(), "bad", &["sh", "-c", script], "", EXITS);
    let (cell, stderr) = measured(dir.path(), "bad");
    assert_eq!(cell["status"], "unavailable", "{cell:#}\n{stderr}");
    let why = cell["error"].as_str().unwrap();
    assert!(
        why.ends_with("no such kernel: see what its manual says of that"),
        "{why}"
    );
}

#[test]
fn what_a_tool_says_when_it_cannot_run_is_the_reason() {
    let dir = scratch();
    let script = "echo exit 1; echo 'no headers of 6.1'; echo 'in line 7' >&2; exit 1";
    let cannot = "cannot = 'no headers of \\S+'\nremedy = 'install them'";
    define(dir.path(), "bad", &["sh", "-c", script], cannot, EXITS);
    let (cell, stderr) = measured(dir.path(), "bad");
    assert_eq!(cell["status"], "unavailable", "{cell:#}\n{stderr}");
    let why = cell["error"].as_str().unwrap();
    assert!(
        why.ends_with("exit code 1: no headers of 6.1: install them"),
        "{why}"
    );
}

/// What `files` of tracefs hold, wherever that is mounted; `None` where it cannot be had.
fn tracing(files: &str) -> Option<String> {
    let script =
        format!("mount -t tracefs none /sys/kernel/tracing; cd /sys/kernel/tracing && cat {files}");
    let mut unshare = std::process::Command::new("unshare");
    let said = unshare.args(["-m", "sh", "-c", &script]).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    said.status.success().then_some(text)
}

/// Whether it ends by itself or must be killed.
#[test]
fn what_a_tool_sets_in_tracefs_is_put_back() {
    let files = "set_event tracing_on trace_clock";
    let Some(before) = is_root().then(|| tracing(files)).flatten() else {
        println!("skipped: needs root and tracefs");
        return;
    };
    for end in ["exit 3", "trap '' INT; while :; do sleep 0.1; done"] {
        let dir = scratch();
        let script = format!(
            "cd /sys/kernel/tracing && echo sched:sched_process_exit > set_event && \
             echo mono > trace_clock && echo 3000 > buffer_size_kb && echo 0 > tracing_on && \
             cat set_event tracing_on buffer_size_kb > {}/seen; echo exit 1; {end}",
            dir.path().display()
        );
        let run = ["sh", "-c", &script];
        define(dir.path(), "bad", &run, "stop_within_s = 1", EXITS);
        let path = dir.path().join("bad.toml");
        let text = fs::read_to_string(&path).unwrap();
        let needs = text.replace("needs = []", "needs = [\"root\", \"tracefs\"]");
        fs::write(&path, needs).unwrap();
        let (cell, _) = measured(dir.path(), "bad");
        let seen = fs::read_to_string(dir.path().join("seen")).unwrap();
        let buffer = seen.strip_prefix("sched:sched_process_exit\n0\n").unwrap();
        assert_eq!(tracing(files).unwrap(), before, "{cell:#}");
        // How large it was the kernel rounds.
        assert_ne!(tracing("buffer_size_kb").unwrap(), buffer, "{cell:#}");
    }
}

/// What it prints for the programs it is to see gets to them: no hook, no event.
#[test]
fn a_tool_may_say_what_programs_need_to_be_seen() {
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
    let cell = cells(&summary(&out), "watch-preload")[0].clone();
    assert_eq!(cell["status"], "ok", "{cell:#}\n{stderr}");
    assert_eq!(cell["kinds"]["exec"]["missed"], 0, "{cell:#}");
    assert!(
        cell["kinds"]["exec"]["truths"].as_u64() >= Some(100),
        "{cell:#}"
    );
}

#[test]
fn a_missing_tool_is_a_row_that_names_the_package() {
    let dir = scratch();
    let define = |name: &str| {
        define(dir.path(), name, &["no-such-tool"], "", EXITS);
        let path = dir.path().join(format!("{name}.toml"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            &path,
            text.replace("\"sh\", \"-c\", \"echo 1\"", "\"no-such-tool\""),
        )
        .unwrap();
    };
    define("gone");
    let (cell, _) = measured(dir.path(), "gone");
    assert_eq!(cell["status"], "unavailable", "{cell:#}");
    assert_eq!(cell["error"], "needs no-such-tool: nothing");
}

/// Runs the Python tool in `mode`; the cell, and what it wrote down of what it did.
fn with_liar(mode: &str, more: &str) -> Option<(Value, Value, String)> {
    let netlink = monitors::find("netlink").unwrap();
    let options = contract::Options::new("netlink", netlink.options(), []).unwrap();
    if !is_root() || !netlink.missing(&options).is_empty() {
        println!("skipped: the tool of this test needs the proc connector");
        return None;
    }
    let dir = scratch();
    let (script, told) = (dir.path().join("liar.py"), dir.path().join("told.json"));
    fs::write(&script, TOOL).unwrap();
    let run = [
        "python3",
        script.to_str().unwrap(),
        mode,
        told.to_str().unwrap(),
    ];
    let more = format!("format = \"json\"\n{more}");
    define(dir.path(), "liar", &run, &more, "");
    let text = fs::read_to_string(dir.path().join("liar.toml")).unwrap();
    let text = text.replace("needs = []", "needs = [\"root\"]");
    fs::write(dir.path().join("liar.toml"), text).unwrap();
    let (cell, stderr) = measured(dir.path(), "liar");
    let told = fs::read(&told).map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap());
    let again = dir.path().join("record");
    if cell["status"] == "ok" {
        let (code, _, why) = said(&["score", again.to_str().unwrap()]);
        assert_eq!(code, 0, "{why}");
        assert_eq!(
            cells(&summary(&again), "liar")[0],
            &cell,
            "scored again it is another"
        );
    }
    Some((cell, told, stderr))
}

#[test]
fn a_tool_that_lies_is_scored_exactly() {
    let Some((cell, told, stderr)) = with_liar("lie", "") else {
        return;
    };
    let repeat = format!("{cell:#}\n{told:#}\n{stderr}");
    assert_eq!(cell["status"], "ok", "{repeat}");
    for name in ["lost", "duplicates", "false_positives", "wrong", "late"] {
        assert!(told[name].as_u64().unwrap() >= 10, "{name}: {repeat}");
    }
    let kinds = &cell["kinds"];
    let due = |kind: &str, figure: &str| match (kind, figure) {
        ("fork", "missed") => told["lost"].as_u64().unwrap(),
        ("exec", "duplicates") => told["duplicates"].as_u64().unwrap(),
        ("fork", "false_positives") => told["false_positives"].as_u64().unwrap(),
        _ => 0,
    };
    for kind in ["fork", "exec", "exit"] {
        for figure in ["missed", "duplicates", "false_positives"] {
            assert_eq!(
                kinds[kind][figure],
                due(kind, figure),
                "{kind} {figure}: {repeat}"
            );
        }
    }
    let fields = &cell["fields"];
    assert_eq!(fields["status"]["wrong"], told["wrong"], "{repeat}");
    assert_eq!(fields["ppid"]["wrong"], 0, "{repeat}");
    // A tenth of the ends was held back for 300 ms, and nothing else.
    let late = |kind: &str, figure: &str| kinds[kind]["latency_us"][figure].as_f64().unwrap();
    assert!(
        late("exit", "p50") < 300_000.0 && late("exit", "p99") >= 300_000.0,
        "{repeat}"
    );
    assert!(late("exec", "max") < 300_000.0, "{repeat}");
}

#[test]
fn a_tool_that_hangs_at_stop_is_told() {
    let Some((cell, _, stderr)) = with_liar("hang", "stop_within_s = 1") else {
        return;
    };
    assert_eq!(cell["status"], "failed", "{cell:#}\n{stderr}");
    let why = cell["error"].as_str().unwrap();
    assert!(
        why.contains("hung at stop: still running 1 s after"),
        "{why}"
    );
    assert!(!alive("31.006"));
}

#[test]
fn a_tool_that_dies_in_mid_cell_is_told() {
    let Some((cell, _, stderr)) = with_liar("die", "") else {
        return;
    };
    assert_eq!(cell["status"], "failed", "{cell:#}\n{stderr}");
    let why = cell["error"].as_str().unwrap();
    assert!(why.contains("died (exit code 7)"), "{why}");
}

#[test]
fn a_bad_definition_is_one_line_that_names_file_and_key() {
    let says = |more: &str, lines: &str| {
        let dir = scratch();
        define(dir.path(), "bad", &["true"], more, lines);
        let (code, _, stderr) = said(&["list", "--tools", dir.path().to_str().unwrap()]);
        assert_eq!((code, stderr.lines().count()), (2, 1), "{stderr}");
        assert!(stderr.contains("bad.toml: "), "{stderr}");
        stderr
    };
    assert!(says("colour = 1", EXITS).contains("unknown field `colour`"));
    assert!(says("", "").contains("line: is missing: give at least one"));
    let line = |regex: &str| format!("[[line]]\nkind = \"exit\"\nregex = '{regex}'\n");
    assert!(says("", &line("(?<pid>")).contains("not a regular expression"));
    assert!(says("", &line("x")).contains("has no group 'pid'"));
    assert!(says("", &line("(?<pid>.)(?<gid>.)")).contains("no field is called 'gid'"));
    let dir = scratch();
    let (code, _, stderr) = said(&["doctor", "--tools", dir.path().to_str().unwrap()]);
    assert_eq!(code, 2, "{stderr}");
    define(dir.path(), "netlink", &["true"], "", EXITS);
    let (code, _, stderr) = said(&["doctor", "--tools", dir.path().to_str().unwrap()]);
    assert!(
        code == 2 && stderr.contains("'netlink' is taken"),
        "{stderr}"
    );
}

/// Listens to the proc connector and goes without a word, as forkstat and extrace do.
const RUDE: &str = r#"
import os, socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 11)
s.bind((0, 1))
ask = struct.pack("=IIIIHHI", 1, 1, 0, 0, 4, 0, 1)
s.send(struct.pack("=IHHII", 16 + len(ask), 3, 0, 0, os.getpid()) + ask)
while True:
    what, pid, tgid = struct.unpack_from("=I12xII", s.recv(4096), 36)
    if what == 0x80000000 and pid == tgid:
        print("exit", pid, flush=True)
"#;

#[test]
#[ignore = "needs root"]
fn what_a_tool_leaves_switched_on_is_put_back_before_the_next_cell() {
    let dir = scratch();
    define(dir.path(), "rude", &["python3", "-c", RUDE], "", EXITS);
    let path = dir.path().join("rude.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("needs = []", "needs = [\"root\"]")).unwrap();
    let (cell, _) = measured(dir.path(), "rude");
    assert_eq!(cell["status"], "ok", "{cell:#}");
    assert_eq!(cell["notes"]["left_on"], 1, "{cell:#}");
    let (_, _, stderr) = said(&[
        "run",
        "-m",
        "preload",
        "-w",
        "short-lived/fork{count=10}",
        "--reps",
        "1",
        "--out",
        dir.path().join("next").to_str().unwrap(),
    ]);
    assert!(!stderr.contains("put back"), "{stderr}");
}
