//! What is known of a command, and what a monitor sees of it.

use std::fs;

use super::common::{self, can_run, cells, harness, scratch, summary};
use super::run::{alone, flat, measured, n};

/// Forty processes that execute once, one that executes twice more, and a subshell.
const SCRIPT: &str =
    "i=0; while [ $i -lt 40 ]; do /bin/true; i=$((i+1)); done; nice -n 1 nice -n 1 true; (:); :";

#[test]
#[ignore = "needs root"]
fn the_events_of_a_command_are_counted_and_seen() {
    let _alone = alone();
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
fn overhead_is_per_process_too_where_their_number_differs() {
    let _alone = alone();
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
    let _alone = alone();
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
fn a_library_that_is_preloaded_sees_a_command_of_root() {
    let _alone = alone();
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
    let _alone = alone();
    if !can_run("ebpf") {
        return;
    }
    let all = workloads::definitions().unwrap();
    let real = all.iter().filter(|one| one.name.starts_with("real/"));
    let able: Vec<_> = real.filter(|one| one.unavailable().is_none()).collect();
    assert!(able.len() >= 2, "{able:?}");
    let dir = scratch();
    let args = ["-m", "ebpf", "-w", "real", "--scale", "0.01", "--reps", "1"];
    let summary = common::measured(dir.path(), &args);
    let cells = cells(&summary, "ebpf");
    let measured: Vec<_> = cells.iter().filter(|one| one["status"] == "ok").collect();
    assert_eq!(measured.len(), able.len(), "{cells:#?}");
    for cell in measured {
        assert_eq!(cell["experiment"], "foreign", "{cell:#}");
        // The control starts a server and a client, and no more.
        assert!(n(cell, "exec", "truths") >= 3, "{cell:#}");
        for kind in ["fork", "exec", "exit"] {
            assert_eq!(n(cell, kind, "missed"), 0, "{cell:#}");
        }
    }
    // What it made is gone with the run.
    let left = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let left = left.filter(|one| one.path().join("real_make").exists());
    assert_eq!(left.count(), 0);
}

#[test]
#[ignore = "needs root"]
fn a_real_workload_that_cannot_be_rehearsed_leaves_the_others() {
    let _alone = alone();
    if !can_run("ebpf") {
        return;
    }
    let dir = scratch();
    // Its first step alone leaves nothing to check.
    let workloads = "idle{size=1},real/cron-storm{size=1}";
    let out = dir.path().join("record");
    let run = harness()
        .args(["run", "-m", "ebpf", "-w", workloads, "--reps", "1", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(
        said.contains("real/cron-storm{size=1} is left out: check: exit code"),
        "{said}"
    );
    let summary = summary(&out);
    let of = |name: &str| {
        let all = cells(&summary, "ebpf").into_iter();
        all.filter(|one| one["workload"].as_str().unwrap().starts_with(name))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("idle")[0]["status"], "ok", "{summary:#}");
    assert_eq!(
        of("real/cron-storm")[0]["status"],
        "unavailable",
        "{summary:#}"
    );
}

#[test]
#[ignore = "needs root"]
fn a_program_that_sets_its_user_is_counted() {
    let _alone = alone();
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
