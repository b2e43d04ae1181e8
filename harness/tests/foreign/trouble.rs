//! What goes wrong with a command.

use std::fs;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::common::{
    Traces, can_run, cells, harness, measured_as_nobody, scratch, summary, within,
};
use super::run::{alone, flat, measured, n, run};

#[test]
#[ignore = "needs root"]
fn a_command_that_cannot_work_here_is_one_line() {
    let _alone = alone();
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
    let _alone = alone();
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
    let _alone = alone();
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
fn a_stopped_run_leaves_nothing_of_the_command() {
    let _alone = alone();
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
    let _alone = alone();
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
