//! `--user` is answered by what each event tells, not by what /proc says later.

use std::process::Command;

use contract::Kind;
use nix::sys::signal::Signal;

use crate::common::can_run;
use crate::session::{Watch, each, events, serial, until};

const NOBODY: &str = "65534";

/// Runs `count` programs that root starts, and that become another user's and then start /bin/true; their pids.
fn changing(count: usize) -> Vec<u32> {
    let one = |_| {
        let mut command = Command::new("setpriv");
        command.args(["--clear-groups", "--reuid", NOBODY, "/bin/true"]);
        let mut child = command.spawn().unwrap();
        assert!(child.wait().unwrap().success());
        child.id()
    };
    (0..count).map(one).collect()
}

/// The pids of which `watch MONITOR --user USER` shows an exec whose program ends in `exe`.
fn shown(monitor: &str, user: &str, exe: &str, count: usize) -> (Vec<u32>, Vec<u32>) {
    let mut watch = Watch::start(&[monitor, "--format", "json", "--user", user]);
    let events = events(watch.child.stdout.take().unwrap());
    let pids = changing(count);
    let last = pids.last().copied().unwrap();
    // The last one's end, of whichever user, is behind all that is asked here.
    let mark = if user == NOBODY {
        Kind::Exit
    } else {
        Kind::Exec
    };
    let mut all = until(each(&[mark], &[last]), &events);
    watch.signal(Signal::SIGINT);
    let (code, stderr) = watch.end();
    assert_eq!(code, Some(0), "{stderr}");
    all.extend(events);
    let program = |one: &[u8]| one.ends_with(exe.as_bytes());
    all.retain(|one| one.kind == Kind::Exec && one.exe.as_deref().is_some_and(program));
    let seen = all.iter().map(|one| one.pid);
    (seen.filter(|pid| pids.contains(pid)).collect(), pids)
}

#[test]
#[ignore = "needs root"]
fn kind_7_programs_that_become_another_users_are_shown_as_whose_they_were() {
    let _alone = serial();
    for monitor in ["ebpf", "audit"] {
        if !can_run(monitor) {
            continue;
        }
        for (user, exe) in [("root", "/setpriv"), (NOBODY, "/true")] {
            let (seen, pids) = shown(monitor, user, exe, 500);
            assert_eq!(seen, pids, "{monitor} --user {user}");
        }
        // As the other user's it never ran that.
        assert_eq!(shown(monitor, NOBODY, "/setpriv", 20).0, [] as [u32; 0]);
    }
}

#[test]
#[ignore = "needs root"]
fn kind_7_a_technique_that_tells_no_users_says_that_they_are_asked_late() {
    let _alone = serial();
    for (monitor, late) in [("netlink", true), ("ebpf", false)] {
        if !can_run(monitor) {
            continue;
        }
        let watch = Watch::start(&[monitor, "--user", "root"]);
        watch.signal(Signal::SIGINT);
        let (code, stderr) = watch.end();
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(stderr.contains("tells no users"), late, "{stderr}");
    }
}
