//! Commands that do not watch, and why.

use std::process::Command;

use crate::common::{copy_of_harness, said, scratch};
use crate::session::serial;

#[test]
fn misuse_is_refused_before_anything_is_changed() {
    let _alone = serial();
    for (args, names) in [
        (&["watch", "nosuch"][..], "no monitor is called"),
        (&["watch", "replay"], "does not watch"),
        (&["watch", "null", "--kind", "fork,exec"], "--kind"),
        (&["watch", "null", "--exe", "("], "--exe"),
        (&["watch", "taskstats", "--kind", "fork"], "reports no fork"),
        (&["watch", "fanotify", "--pid", "1"], "--pid: it tells no"),
        (
            &["watch", "taskstats", "--user", "root"],
            "--user: it reports",
        ),
        (&["watch", "perf", "--exe", "x"], "--exe: it tells no paths"),
        (
            &["watch", "netlink{lookup=never}", "--exe", "x"],
            "--exe: it",
        ),
        (&["watch", "procfs", "--pid", "4194304"], "no such process"),
        (&["watch", "null", "--user", "no such"], "--user"),
        (&["watch", "null", "--pid", "0"], "--pid"),
    ] {
        let (code, stdout, stderr) = said(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(
            stderr.contains(names) && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
    let (code, stdout, _) = said(&["watch", "--help"]);
    assert!(code == 0 && stdout.contains("Examples:"), "{stdout}");
}

#[test]
#[ignore = "needs root"]
fn a_monitor_that_cannot_run_names_the_reason() {
    use std::os::unix::process::CommandExt;
    let _alone = serial();
    let dir = scratch();
    let copy = copy_of_harness(dir.path());
    let output = Command::new(&copy)
        .args(["watch", "ebpf"])
        .uid(65534)
        .gid(65534)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("run as root"));
}
