//! `harness run -- COMMAND`: a command of the user's own, counted from outside. What goes wrong with it
//! is one clear line or row, and blames no monitor.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Traces, can_run, cells, harness, measured_as_nobody, scratch, summary, within};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// What a run printed.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    /// How to repeat it.
    repeat: String,
}

/// Measures `script` for the shell under `ebpf` into `dir/record`, with these options.
fn run(dir: &Path, options: &[&str], script: &str) -> Said {
    let out = dir.join("record");
    let mut command = harness();
    command.args(["run", "-m", "ebpf", "--out"]).arg(&out);
    command.args(options).args(["--", "sh", "-c", script]);
    command.env("FOREIGN_TEST", "the caller's");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        repeat: format!(
            "repeat with: harness run -m ebpf {} -- sh -c \"{script}\"",
            options.join(" ")
        ),
    }
}

/// The same, which has to succeed: what was printed, and the summary.
fn measured(dir: &Path, options: &[&str], script: &str) -> (String, Value) {
    let said = run(dir, options, script);
    assert_eq!(said.code, Some(0), "{}\n{}", said.repeat, said.stderr);
    (said.stdout, summary(&dir.join("record")))
}

/// A figure of a cell.
fn n(cell: &Value, kind: &str, name: &str) -> u64 {
    cell["kinds"][kind][name]
        .as_u64()
        .unwrap_or_else(|| panic!("{cell:#}"))
}

/// The lines of a report without the ends of lines that a terminal needs.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Forty processes that execute once, one that executes twice more, and a subshell.
const SCRIPT: &str =
    "i=0; while [ $i -lt 40 ]; do /bin/true; i=$((i+1)); done; nice -n 1 nice -n 1 true; (:); :";

#[test]
#[ignore = "needs root"]
fn the_events_of_a_command_are_counted_and_seen() {
    if !can_run("ebpf") {
        return;
    }
    let dir = scratch();
    let (stdout, summary) = measured(dir.path(), &["--reps", "2"], SCRIPT);
    let all = summary["cells"].as_array().unwrap();
    assert_eq!(all.len(), 6);
    for cell in all {
        assert_eq!(cell["experiment"], "foreign", "{cell:#}");
        assert_eq!(
            cell["truth_source"], "perf counters and process accounting",
            "{cell:#}"
        );
        let truths = ["fork", "exec", "exit"].map(|kind| n(cell, kind, "truths"));
        assert_eq!(truths, [43, 42, 43], "{cell:#}");
        assert_eq!(cell["ambiguous"]["exec"]["truths"], 2, "{cell:#}");
    }
    for cell in cells(&summary, "ebpf") {
        for kind in ["fork", "exec", "exit"] {
            let faults =
                ["missed", "duplicates", "false_positives"].map(|name| n(cell, kind, name));
            assert_eq!(faults, [0, 0, 0], "{kind}: {cell:#}");
        }
        assert_eq!(cell["ambiguous"]["exec"]["reported"], 2, "{cell:#}");
        assert_eq!(cell["fields"]["status"]["correct"], 43, "{cell:#}");
    }
    let mut rows = summary["comparison"].as_array().unwrap().iter();
    let row = rows.find(|row| row["configuration"] == "ebpf").unwrap();
    assert_eq!(row["slowdown"]["pairs"], 2, "{row:#}");
    // Every run makes as many processes.
    assert_eq!(row.get("slowdown_per_process"), None, "{row:#}");
    let saw = "; saw 88 of 88 execs (4 ambiguous), 86 of 86 forks, 86 of 86 exits";
    let readme = fs::read_to_string(dir.path().join("record/README.md")).unwrap();
    assert!(
        flat(&stdout).contains(saw) && readme.contains(saw),
        "{stdout}"
    );
    assert!(
        readme.contains("43 forks, 44 execs, 43 exits in "),
        "{readme}"
    );
}

#[test]
#[ignore = "needs root"]
fn a_command_that_cannot_work_here_is_one_line() {
    for (options, script, words) in [
        (
            &[][..],
            "echo why >&2; exit 7",
            "exit code 7 ('why'): see raw/",
        ),
        (&[], "kill -9 $$", "killed by SIGKILL: see raw/"),
        (&[], "read line", "exit code 1: see raw/"),
        (
            &[],
            "echo x >/dev/tty",
            "no terminal and nothing to read on stdin",
        ),
        (
            &["--setup", "exit 3"],
            ":",
            "--setup 'exit 3': exit code 3: see raw/",
        ),
        (
            &["--check", "echo no; exit 4"],
            ":",
            "--check 'echo no; exit 4': exit code 4: see raw/",
        ),
    ] {
        let dir = scratch();
        let said = run(dir.path(), &[options, &["--reps", "1"]].concat(), script);
        let all = format!("{}\n{}", said.repeat, said.stderr);
        assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{all}");
        // What is run comes first; another harness may be waited for, and what it left put back.
        let lines = said.stderr.lines();
        let others = ["harness: waiting for ", "harness: put back: "];
        let lines: Vec<_> = lines
            .filter(|line| !others.iter().any(|other| line.starts_with(other)))
            .collect();
        assert_eq!(lines.len(), 2, "{all}");
        assert!(lines[1].contains(words), "{words}\n{all}");
        let file = lines[1].split("see ").nth(1).unwrap();
        let file = file.split([';', ' ']).next().unwrap();
        assert!(
            dir.path().join("record").join(file).exists(),
            "{file}\n{all}"
        );
    }
}

#[test]
#[ignore = "needs root"]
fn a_cell_whose_command_fails_is_a_failed_row_and_blames_no_monitor() {
    if !can_run("ebpf") {
        return;
    }
    let dir = scratch();
    // The rehearsal is the first run; the fifth is of the second block.
    let script = format!(
        "cd {}; echo x >>n; [ $(wc -l <n) != 5 ]",
        dir.path().display()
    );
    let said = run(dir.path(), &["--reps", "3"], &script);
    let all = format!("{}\n{}", said.repeat, said.stderr);
    assert_eq!(said.code, Some(1), "{all}");
    assert!(said.stderr.contains("1 cells failed"), "{all}");
    let summary = summary(&dir.path().join("record"));
    let rows = summary["cells"].as_array().unwrap();
    let failed: Vec<_> = rows
        .iter()
        .filter(|cell| cell["status"] == "failed")
        .collect();
    assert_eq!((rows.len(), failed.len()), (9, 1), "{all}");
    assert!(
        failed[0]["error"].as_str().unwrap().contains("exit code 1"),
        "{failed:#?}"
    );
    assert_eq!(failed[0]["kinds"], serde_json::json!({}));
    assert!(said.stdout.contains("ebpf: "), "{}", said.stdout);
}

#[test]
#[ignore = "needs root"]
fn what_a_command_leaves_running_is_told_and_ended() {
    if !can_run("ebpf") {
        return;
    }
    let dir = scratch();
    let before = Traces::now();
    // One stays in the session; the other is a daemon that has left it.
    let script = "sleep 98765 & setsid sh -c 'sleep 98765 & :'; :";
    let (stdout, summary) = measured(dir.path(), &["--reps", "1"], script);
    for cell in summary["cells"].as_array().unwrap() {
        assert_eq!(cell["notes"]["left_running"], 2, "{cell:#}");
        assert_eq!(
            n(cell, "exit", "truths"),
            n(cell, "fork", "truths"),
            "{cell:#}"
        );
    }
    assert_eq!(n(cells(&summary, "ebpf")[0], "exit", "missed"), 0);
    assert!(
        flat(&stdout).contains("leaves 2 processes running at its end"),
        "{stdout}"
    );
    assert_eq!(sleepers(), 0);
    assert_eq!(Traces::now(), before);
}

/// How many processes sleep for as long as those of this test do.
fn sleepers() -> usize {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| line == b"sleep\x0098765\0").count()
}

#[test]
#[ignore = "needs root"]
fn overhead_is_per_process_too_where_their_number_differs() {
    if !can_run("ebpf") {
        return;
    }
    let dir = scratch();
    let name = dir.path().display();
    let script = format!("cd {name}; echo x >>n; for i in $(cat n); do /bin/true; /bin/true; done");
    let (stdout, summary) = measured(dir.path(), &["--reps", "3"], &script);
    let mut rows = summary["comparison"].as_array().unwrap().iter();
    let row = rows.find(|row| row["configuration"] == "ebpf").unwrap();
    let each = &row["slowdown_per_process"];
    assert_eq!(each["pairs"], 3, "{row:#}");
    assert_ne!(each["ratio"], row["slowdown"]["ratio"]);
    let words = "as the number of processes differs";
    assert!(flat(&stdout).contains(words), "{stdout}");
    assert!(flat(&stdout).contains(" forks, "), "{stdout}");
}

#[test]
#[ignore = "needs root"]
fn it_runs_as_the_caller_in_its_folder_between_setup_and_check() {
    if !can_run("ebpf") {
        return;
    }
    let dir = scratch();
    let folder = dir.path().join("work");
    fs::create_dir(&folder).unwrap();
    let options = [
        "--reps",
        "1",
        "--cwd",
        folder.to_str().unwrap(),
        "--setup",
        "[ ! -e made ] && touch ready",
        "--check",
        "[ -e made ] && rm made ready",
    ];
    let script = "[ -e ready ] && [ \"$FOREIGN_TEST\" = \"the caller's\" ] && [ $(id -u) = 0 ] && touch made && echo told";
    let (_, summary) = measured(dir.path(), &options, script);
    assert_eq!(summary["cells"].as_array().unwrap().len(), 3);
    let raw = fs::read_dir(dir.path().join("record/raw"))
        .unwrap()
        .flatten();
    for cell in raw {
        let out = fs::read_to_string(cell.path().join("command.out")).unwrap();
        assert_eq!(out, "told\n");
    }
}

#[test]
#[ignore = "needs root"]
fn a_stopped_run_leaves_nothing_of_the_command() {
    let dir = scratch();
    let before = Traces::now();
    let mut command = harness();
    command
        .args(["run", "-m", "ebpf", "--out"])
        .arg(dir.path().join("record"));
    command.args(["--", "sh", "-c", "setsid sleep 98766 & sleep 98766"]);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sleeps = || {
        let found = Command::new("pgrep")
            .args(["-fx", "sleep 98766"])
            .output()
            .unwrap();
        String::from_utf8(found.stdout).unwrap().lines().count()
    };
    assert!(within(600, || sleeps() == 2), "the command has not begun");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("stopped by signal 2"), "{stderr}");
    assert_eq!(sleeps(), 0);
    assert_eq!(Traces::now(), before);
}

#[test]
#[ignore = "needs root"]
fn without_root_the_cost_is_measured_and_why_its_events_are_not_known_is_said() {
    let dir = scratch();
    let args = ["-m", "preload", "--", "sh", "-c", "/bin/true; /bin/true"];
    let (summary, stdout) = measured_as_nobody(dir.path(), &args);
    let cell = cells(&summary, "preload")[0];
    assert_eq!(cell["status"], "ok", "{cell:#}");
    let source = cell["truth_source"].as_str().unwrap();
    assert!(source.starts_with("none: "), "{source}");
    assert!(cell["cost"]["wall_ms"].as_f64().unwrap() > 0.0, "{cell:#}");
    assert!(
        flat(&stdout).contains("its events are not known: "),
        "{stdout}"
    );
    assert!(!stdout.contains("saw "), "{stdout}");
}

#[test]
#[ignore = "needs root"]
fn a_library_that_is_preloaded_sees_a_command_of_root() {
    let dir = scratch();
    let out = dir.path().join("record");
    let mut command = harness();
    command
        .args(["run", "-m", "preload", "--reps", "1", "--out"])
        .arg(&out);
    command.args(["--", "sh", "-c", "/bin/true; /bin/true; :"]);
    assert!(command.status().unwrap().success());
    let summary = summary(&out);
    let cell = cells(&summary, "preload")[0];
    for (kind, truths) in [("fork", 3), ("exec", 3), ("exit", 3)] {
        assert_eq!(
            (n(cell, kind, "truths"), n(cell, kind, "missed")),
            (truths, 0),
            "{cell:#}"
        );
    }
}

#[test]
#[ignore = "needs root"]
fn real_workloads_make_their_input_and_are_seen() {
    if !can_run("ebpf") {
        return;
    }
    let all = workloads::definitions().unwrap();
    let real = all.iter().filter(|one| one.command.is_some());
    let able: Vec<_> = real.filter(|one| one.unavailable().is_none()).collect();
    assert!(able.len() >= 2, "{able:?}");
    let dir = scratch();
    let labels: Vec<_> = able
        .iter()
        .map(|one| format!("{}{{size=10}}", one.name))
        .collect();
    let args = ["-m", "ebpf", "-w", &labels.join(","), "--reps", "1"];
    let summary = common::measured(dir.path(), &args);
    let cells = cells(&summary, "ebpf");
    assert_eq!(cells.len(), able.len());
    for cell in cells {
        assert_eq!(cell["experiment"], "foreign", "{cell:#}");
        assert!(n(cell, "exec", "truths") >= 10, "{cell:#}");
        for kind in ["fork", "exec", "exit"] {
            assert_eq!(n(cell, kind, "missed"), 0, "{cell:#}");
        }
    }
    // What it made is gone with the run.
    let left = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let left = left.filter(|one| one.path().join("real_make_size_10_").exists());
    assert_eq!(left.count(), 0);
}

#[test]
#[ignore = "needs root"]
fn a_program_that_sets_its_user_is_counted() {
    if !can_run("ebpf") {
        return;
    }
    let dir = scratch();
    // The kernel ends counters that are inherited where another user executes such a program.
    let script = "setpriv --reuid 65534 --clear-groups su --version; :";
    let (_, summary) = measured(dir.path(), &["--reps", "1"], script);
    for cell in cells(&summary, "ebpf") {
        assert_eq!(n(cell, "exec", "truths"), 2, "{cell:#}");
        let due = serde_json::json!({"truths": 1, "reported": 1});
        assert_eq!(cell["ambiguous"]["exec"], due, "{cell:#}");
        assert_eq!(n(cell, "exec", "duplicates"), 0, "{cell:#}");
    }
}
