//! Bad input: one clear line and exit code 2, nothing changed. Help and data where they belong.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use common::{refused, said, scratch};

#[test]
fn misuse_is_one_line() {
    refused(&["--nonsense"], "--nonsense");
    refused(&["frobnicate"], "frobnicate");
    refused(&["run", "--reps", "0"], "--reps");
    refused(&["run", "--scale", "-1"], "--scale");
    refused(&["run", "--scale", "nan"], "--scale");
    refused(&["run", "-m", "net("], "-m 'net('");
    refused(&["run", "-m", "nosuch"], "-m 'nosuch'");
    refused(&["run", "-w", "nosuch"], "-w 'nosuch'");
    refused(&["run", "-m", "netlink{rcvbuff=1}"], "rcvbuff");
    refused(&["run", "-m", "netlink{rcvbuf=many}"], "rcvbuf=many");
    refused(&["run", "-w", "fork-bomb{nokey=1}"], "nokey");
    refused(&["run", "--out", "/proc/nosuch/record"], "--out");
    refused(&["run", "true", "x"], "did you mean -- true?");
    refused(
        &["run", "--", "no-such-program"],
        "no-such-program: no such program",
    );
    refused(&["run", "--", "./no-such-file"], "check the name and --cwd");
    refused(&["run", "--cwd", "/nosuch", "--", "true"], "--cwd /nosuch");
    refused(&["run", "--setup", "true"], "--setup: is of a command");
    refused(&["run", "-w", "fork-bomb", "--", "true"], "--workload");
    refused(&["run", "--scale", "2", "--", "true"], "--scale");
    refused(&["run", "-m", "replay", "--", "true"], "a command has none");
    refused(&["sweep", "-m", "nosuch"], "-m 'nosuch'");
    refused(&["sweep", "-w", "fork-bomb"], "keeps no timetable");
    refused(&["sweep", "--out", "/proc/nosuch/record"], "--out");
    refused(&["report", "/nonexistent"], "/nonexistent");
    refused(&["score", "/nonexistent"], "/nonexistent");
}

#[test]
fn an_existing_record_is_not_overwritten() {
    let dir = scratch();
    refused(
        &["run", "--out", dir.path().to_str().unwrap()],
        "choose a new folder",
    );
}

#[test]
fn a_record_of_another_format_is_refused() {
    let dir = scratch();
    std::fs::write(dir.path().join("record.json"), "{\"format\": 99").unwrap();
    refused(&["report", dir.path().to_str().unwrap()], "record.json");
}

#[test]
fn help_has_examples_and_goes_to_stdout() {
    for args in [&["--help"][..], &["run", "--help"]] {
        let (code, stdout, stderr) = said(args);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(stdout.contains("Examples:"), "{stdout}");
    }
}

#[test]
fn list_names_every_monitor_and_workload() {
    let (code, stdout, _) = said(&["list"]);
    assert_eq!(code, 0);
    let names = monitors::all()
        .iter()
        .map(|monitor| monitor.name().to_owned());
    let definitions = workloads::definitions().unwrap();
    for name in names.chain(definitions.into_iter().map(|one| one.name)) {
        assert!(stdout.contains(&name), "{name} is not in\n{stdout}");
    }
}

#[test]
fn doctor_has_a_line_for_every_monitor() {
    let (code, stdout, stderr) = said(&["doctor"]);
    assert_eq!(code, 0, "{stderr}");
    for monitor in monitors::all()
        .iter()
        .filter(|one| !["null", "replay"].contains(&one.name()))
    {
        let line = stdout
            .lines()
            .find(|line| line.split_whitespace().next() == Some(monitor.name()));
        let line = line.unwrap_or_else(|| panic!("{} is not in\n{stdout}", monitor.name()));
        let says = ["can run", "can be tried", "needs "];
        assert!(says.iter().any(|word| line.contains(word)), "{line}");
    }
}
