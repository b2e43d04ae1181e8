//! The hook library in real programs: what they say they did is what must be reported, no more and
//! no less.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "preload/rig.rs"]
mod test_support;

use contract::Kind;
use test_support::{Programs, capture};

/// Runs `caller` with these words under the library; its own account must be what was decoded.
fn agrees(programs: &Programs, target: &str, exe: &str, words: &[&str]) {
    let watched = capture("16M", |watch| programs.call(watch, target, exe, words));
    let mut told: Vec<String> = watched.value.lines().map(str::to_owned).collect();
    let mut seen = watched.lines();
    told.sort();
    seen.sort();
    assert_eq!(
        told, seen,
        "{words:?} on {target}: left what was done, right what was reported"
    );
    assert!(watched.counters.reported_lost.values().all(|&n| n == 0));
}

fn recorded(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/preload")
        .join(name)
}

/// What the programs said of themselves when the bytes were recorded is what they decode to.
#[test]
fn recorded_bytes_decode_to_what_was_said() {
    let journal = test_support::decode(&std::fs::read(recorded("calls.spool")).unwrap());
    let mut seen = test_support::lines(&journal);
    seen.sort();
    let said = std::fs::read_to_string(recorded("calls.said")).unwrap();
    assert_eq!(said.lines().collect::<Vec<_>>(), seen);
}

/// `ROLLCALL_RECORD=1 cargo test -p rollcall-monitors --test preload record` keeps them as test data.
#[test]
fn what_is_recorded_decodes() {
    let programs = Programs::build();
    let calls: &[&[&str]] = &[
        &["fork", "_exit"],
        &["vforkexec", "execve"],
        &["forkexec", "fexecve"],
        &[
            "forkexec",
            "execvp",
            "t",
            "7",
            "a 'quoted' \"word\"",
            "tab\tesc\u{1b}[31m",
        ],
        &["spawn", "-"],
        &["spawnp", "-"],
        &["system", "-"],
        &["popen", "-"],
        &["failures", "-"],
    ];
    let watched = capture("16M", |watch| {
        let said = calls
            .iter()
            .map(|words| programs.call(watch, "target", "target", words));
        said.collect::<String>()
    });
    let mut said: Vec<&str> = watched.value.lines().collect();
    said.sort_unstable();
    let mut seen = test_support::lines(&test_support::decode(&watched.spool));
    seen.sort();
    assert_eq!(said, seen);
    if std::env::var_os("ROLLCALL_RECORD").is_some_and(|value| value == "1") {
        std::fs::write(recorded("calls.spool"), &watched.spool).unwrap();
        std::fs::write(recorded("calls.said"), said.join("\n") + "\n").unwrap();
    }
}

#[test]
fn every_way_to_begin_and_to_end() {
    let programs = Programs::build();
    for way in ["exit", "_exit", "_Exit", "quick_exit", "thread"] {
        agrees(&programs, "target", "target", &["fork", way]);
    }
    for mode in ["vfork", "clone", "spawnp", "system", "popen", "nothing"] {
        agrees(&programs, "target", "target", &[mode, "-"]);
    }
}

#[test]
fn every_exec_with_exact_arguments() {
    let programs = Programs::build();
    let ways = [
        "execl",
        "execle",
        "execlp",
        "execv",
        "execve",
        "execvp",
        "execvpe",
        "execveat",
        "execempty",
        "fexecve",
        "relative",
        "syscall",
    ];
    for way in ways {
        agrees(&programs, "target", "target", &["forkexec", way]);
        if way != "syscall" {
            agrees(&programs, "target", "target", &["vforkexec", way]);
            agrees(
                &programs,
                "target-static",
                "target-static",
                &["forkexec", way],
            );
            agrees(
                &programs,
                "target-static",
                "target-static",
                &["vforkexec", way],
            );
        }
    }
    for target in ["target", "target-static"] {
        agrees(&programs, target, target, &["spawn", "-"]);
        agrees(&programs, target, target, &["cleared", "-"]);
    }
}

#[test]
fn links_scripts_and_long_arguments() {
    let programs = Programs::build();
    agrees(&programs, "link", "target", &["spawn", "-"]);
    agrees(&programs, "link", "target", &["cleared", "-"]);
    for way in ["spawn", "forkexec", "vforkexec"] {
        agrees(&programs, "script", "/bin/sh", &[way, "execv"]);
        let long = "x".repeat(1800);
        agrees(
            &programs,
            "target",
            "target",
            &[way, "execve", "t", "7", &long, &long],
        );
    }
}

/// The library finds most paths without asking /proc, and must know when it has to.
#[test]
fn an_image_is_named_as_proc_names_it() {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    let programs = Programs::build();
    let [cat, script] = ["cat", "script"].map(|name| programs.path(name));
    // Not by this process: what it has open for writing no other thread's child could execute.
    let copied = std::process::Command::new("cp")
        .arg("/bin/cat")
        .arg(&cat)
        .status();
    assert!(copied.unwrap().success());
    symlink("cat", programs.path("alias")).unwrap();
    symlink(".", programs.path("around")).unwrap();
    fs::create_dir(programs.path("below")).unwrap();
    fs::write(&script, format!("#!{} -\n", cat.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
    let loader = loaders.iter().find_map(|path| fs::canonicalize(path).ok());
    let names = [
        "cat",
        "./cat",
        "/cat",
        "around/cat",
        "below/../cat",
        "alias",
        "script",
    ];
    let dir = cat.parent().unwrap().to_str().unwrap();
    let mut ways = names.map(|name| vec![format!("{dir}/{name}")]).to_vec();
    ways.extend(loader.map(|loader| [loader, cat.clone()].map(text).to_vec()));
    let watched = capture("16M", |watch| {
        let ways = ways.iter().map(|words| test_support::waiting(watch, words));
        ways.collect::<Vec<_>>()
    });
    for (words, (pid, exe)) in ways.iter().zip(watched.value) {
        let mut events = watched.journal.events.iter();
        let exec = events.find(|event| event.pid == pid && event.kind == Kind::Exec);
        let seen = watched.journal.report(exec.unwrap()).exe.unwrap();
        assert_eq!(String::from_utf8_lossy(seen), text(exe), "{words:?}");
    }
}

fn text(path: std::path::PathBuf) -> String {
    path.into_os_string().into_string().unwrap()
}

#[test]
fn what_is_too_long_is_marked() {
    let programs = Programs::build();
    let long = "y".repeat(9000);
    let words = ["forkexec", "execv", "t", "7", &long];
    let watched = capture("16M", |watch| {
        programs.call(watch, "target", "target", &words)
    });
    let cut = |event: &&contract::Event| event.kind == Kind::Exec && event.fields.cut.argv;
    let cuts: Vec<_> = watched.journal.events.iter().filter(cut).collect();
    assert_eq!(cuts.len(), 2, "the caller's own arguments and its child's");
    for event in cuts {
        assert_eq!(watched.journal.report(event).argv.unwrap().len(), 4096);
    }
}

#[test]
fn a_failed_exec_is_nothing_and_errno_is_kept() {
    agrees(&Programs::build(), "target", "target", &["failures", "-"]);
}

/// Records of two processes come in any order; what is told does not.
#[test]
fn a_fork_is_told_before_the_exec_and_the_end_of_its_process() {
    let programs = Programs::build();
    let watched = capture("16M", |watch| {
        programs.call(watch, "target", "target", &["stress", "-"])
    });
    let journal = test_support::decode(&watched.spool);
    let mut alive = std::collections::HashSet::new();
    for event in &journal.events {
        match event.kind {
            Kind::Fork => assert!(alive.insert(event.pid), "{} is forked again", event.pid),
            Kind::Exec => assert!(alive.contains(&event.pid), "{} was not forked", event.pid),
            Kind::Exit => assert!(alive.remove(&event.pid), "{} was not forked", event.pid),
        }
    }
    assert!(journal.events.len() > 400, "{}", journal.events.len());
}

/// A program that passes a pointer to nowhere gets the kernel's EFAULT, as without the library.
#[test]
fn bad_pointers_are_the_kernels_to_refuse() {
    agrees(&Programs::build(), "target", "target", &["pointers", "-"]);
}

/// Nothing follows that would tell it: the capture says that time has passed.
#[test]
fn the_exec_of_a_static_program_is_told_while_it_is_watched() {
    let programs = Programs::build();
    capture("16M", |watch| {
        programs.call(
            watch,
            "target-static",
            "target-static",
            &["forkexec", "execv"],
        );
        let execs = |journal: &contract::EventLog| {
            let events = journal.events.iter();
            events.filter(|event| event.kind == Kind::Exec).count()
        };
        watch.until(|journal| execs(journal) == 2);
    });
}

#[test]
fn threads_and_signal_handlers_side_by_side() {
    agrees(&Programs::build(), "target", "target", &["stress", "-"]);
}

#[test]
fn a_full_ring_is_counted_and_holds_no_writer_up() {
    let programs = Programs::build();
    let watched = test_support::unread("4k", |watch| {
        programs.call(watch, "target", "target", &["stress", "-"])
    });
    let dropped = watched.counters.reported_lost["ring_full"];
    let told = watched.value.lines().count() as u64;
    assert!(!watched.value.contains("broken"), "{}", watched.value);
    // 16 slots; what is in one tells at most two events, a fork and the exec that came with it.
    let events = watched.journal.events.len();
    assert!(
        dropped >= told - 16 && events <= 32,
        "{dropped} dropped and {events} told of {told}"
    );
}

#[test]
#[ignore = "needs root"]
fn another_user_is_refused() {
    assert!(nix::unistd::geteuid().is_root(), "run this test as root");
    let programs = Programs::build();
    let watched = capture("16M", |watch| {
        programs.call_as(watch, 65533, "target", "target", &["forkexec", "execv"])
    });
    assert!(
        watched.value.contains("exit"),
        "the program itself runs: {}",
        watched.value
    );
    assert!(watched.lines().is_empty(), "{:?}", watched.lines());
}

#[test]
fn nothing_is_left_and_what_a_killed_capture_left_is_removed() {
    test_support::leftovers();
}

#[test]
fn a_replaced_channel_is_an_error() {
    let error = test_support::replaced();
    assert!(error.contains("the channel was replaced"), "{error}");
}
