//! What a tool switches on and leaves on is put back.

use std::fs;

use crate::common::{can_run, said, scratch};
use crate::definitions::{Definition, measured};

/// The contents of `files` of tracefs, wherever that is mounted; `None` where there is none.
fn tracing(files: &str) -> Option<String> {
    let script =
        format!("mount -t tracefs none /sys/kernel/tracing; cd /sys/kernel/tracing && cat {files}");
    let mut unshare = std::process::Command::new("unshare");
    let output = unshare.args(["-m", "sh", "-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then_some(text)
}

#[test]
#[ignore = "needs root"]
fn what_a_tool_sets_in_tracefs_is_put_back() {
    let files = "set_event tracing_on trace_clock";
    let Some(before) = tracing(files) else {
        println!("skipped: tracefs cannot be mounted");
        return;
    };
    let dir = scratch();
    // One ends by itself, the other must be killed.
    for (name, end) in [
        ("ends", "exit 3"),
        ("hangs", "trap '' INT; while :; do sleep 0.1; done"),
    ] {
        let seen = dir.path().join(format!("{name}.seen"));
        let script = format!(
            "cd /sys/kernel/tracing && echo sched:sched_process_exit > set_event && \
             echo mono > trace_clock && echo 3000 > buffer_size_kb && echo 0 > tracing_on && \
             cat set_event tracing_on buffer_size_kb > {}; echo exit 1; {end}",
            seen.display()
        );
        let run = ["sh", "-c", &script];
        let definition = Definition {
            needs: "\"root\", \"tracefs\"",
            keys: "stop_within_s = 1",
            ..Definition::new(name, &run)
        };
        definition.write(dir.path());
    }
    let (cells, _) = measured(dir.path(), &["ends", "hangs"]);
    assert_eq!(tracing(files).unwrap(), before, "{cells:#?}");
    for name in ["ends", "hangs"] {
        let seen = fs::read_to_string(dir.path().join(format!("{name}.seen"))).unwrap();
        let buffer = seen.strip_prefix("sched:sched_process_exit\n0\n").unwrap();
        // The kernel rounds the size.
        assert_ne!(tracing("buffer_size_kb").unwrap(), buffer, "{cells:#?}");
    }
}

/// Listens to the proc connector and exits without leaving it, as forkstat and extrace do.
const LEAVES_IT_ON: &str = r#"
import os, socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 11)
s.bind((0, 1))
listen = struct.pack("=IIIIHHI", 1, 1, 0, 0, 4, 0, 1)
s.send(struct.pack("=IHHII", 16 + len(listen), 3, 0, 0, os.getpid()) + listen)
while True:
    what, pid, tgid = struct.unpack_from("=I12xII", s.recv(4096), 36)
    if what == 0x80000000 and pid == tgid:
        print("exit", pid, flush=True)
"#;

#[test]
#[ignore = "needs root"]
fn what_a_tool_leaves_on_is_put_back_before_the_next_cell() {
    if !can_run("netlink") {
        return;
    }
    let dir = scratch();
    let definition = Definition {
        needs: "\"root\"",
        ..Definition::new("leaves-it-on", &["python3", "-c", LEAVES_IT_ON])
    };
    definition.write(dir.path());
    let (cells, _) = measured(dir.path(), &["leaves-it-on"]);
    assert_eq!(cells[0]["status"], "ok", "{:#}", cells[0]);
    assert_eq!(cells[0]["notes"]["left_on"], 1, "{:#}", cells[0]);
    let out = dir.path().join("next");
    let workload = "short-lived/fork{count=10}";
    let args = [
        "run", "-m", "preload", "-w", workload, "--reps", "1", "--out",
    ];
    let (_, _, stderr) = said(&[&args[..], &[out.to_str().unwrap()]].concat());
    assert!(!stderr.contains("put back"), "{stderr}");
}
