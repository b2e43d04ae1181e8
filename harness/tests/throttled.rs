//! A harness that a CPU quota holds back: its cells are run again up to the limit, then marked.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::{scratch, summary};

/// A group that gets so much of one CPU, with a group inside for processes. It goes when dropped.
struct Quota(PathBuf);

impl Quota {
    /// Where the kernel has quotas for control groups, in version 1 or 2.
    fn new() -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mounts = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>());
        for mount in mounts {
            let holds = |name: &str| mount[3].split(',').any(|option| option == name);
            let (file, value) = match mount[2] {
                "cgroup" if holds("cpu") => ("cpu.cfs_quota_us", "10000"),
                "cgroup2" => ("cpu.max", "10000 100000"),
                _ => continue,
            };
            let quota = Self(PathBuf::from(mount[1]).join("rollcall-quota"));
            fs::create_dir_all(quota.0.join("inside")).unwrap();
            if fs::write(quota.0.join(file), value).is_ok() {
                return Some(quota);
            }
        }
        None
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        for group in [self.0.join("inside"), self.0.clone()] {
            fs::remove_dir(&group).unwrap();
        }
    }
}

#[test]
#[ignore = "needs root"]
fn throttled_cells_are_run_again_up_to_the_limit_and_marked() {
    let Some(quota) = Quota::new() else {
        println!("skipped: this machine has no CPU quota for control groups");
        return;
    };
    let dir = scratch();
    let out = dir.path().join("record");
    let args = "run -m replay -w short-lived/spawn --scale 0.05 --reps 1 --out";
    // The quota is that of a group around the harness's own.
    let output = Command::new("sh")
        .args(["-c", "echo 0 > \"$0\" && exec \"$@\""])
        .arg(quota.0.join("inside/cgroup.procs"))
        .arg(env!("CARGO_BIN_EXE_harness"))
        .args(args.split(' '))
        .arg(&out)
        .output()
        .unwrap();
    let repeat = format!("repeat with: harness {args} DIR, in a group with 10 % of a CPU");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{repeat}\n{stderr}");
    let summary = summary(&out);
    for cell in summary["cells"].as_array().unwrap() {
        let noise = &cell["noise"];
        assert!(
            noise["throttled_us"].as_u64().unwrap() > 0,
            "{repeat}\n{cell:#}"
        );
        assert_eq!(noise["stolen"], true, "{repeat}\n{cell:#}");
        assert_eq!(noise["reruns"], 2, "{repeat}\n{cell:#}");
    }
    let shown = String::from_utf8_lossy(&output.stdout);
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let note = "1 cell lost much CPU time to other guests or to a quota";
    assert!(shown.contains(note), "{shown}");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains(" ms throttled, too much"), "{page}");
    let rows = fs::read_to_string(out.join("runs.csv")).unwrap();
    assert!(
        rows.contains(",throttled,") && rows.contains(",stolen,1,"),
        "{rows}"
    );
}
