//! Readers that leave or are slow, and losses while watching.

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::thread;

use contract::bare_name;
use monitors::event_json;
use nix::sys::signal::Signal;

use crate::common::{Traces, can_run, within};
use crate::session::{Watch, programs, serial};

#[test]
#[ignore = "needs root"]
fn a_reader_that_leaves_ends_it_quietly() {
    let _alone = serial();
    let audit = monitors::audit::State::now().unwrap();
    for monitor in ["netlink", "audit"]
        .into_iter()
        .filter(|name| can_run(name))
    {
        let before = Traces::now();
        let mut watch = Watch::start(&[monitor, "--format", "json"]);
        drop(watch.child.stdout.take());
        let (code, stderr) = watch.end();
        assert_eq!(code, Some(0), "{stderr}");
        // What was seen is said all the same, and nothing else.
        let is_summary = stderr.starts_with("harness: ") && stderr.contains(" events (");
        assert!(is_summary && stderr.lines().count() == 1, "{stderr}");
        assert_eq!(Traces::now(), before, "{monitor}");
        assert_eq!(monitors::audit::State::now().unwrap(), audit, "{monitor}");
    }
}

/// The number in `summary` between the last `before` and the first `after`.
fn number(summary: &str, before: &str, after: &str) -> usize {
    let text = summary.split(after).next().unwrap();
    let number = text.rsplit(before).next().unwrap().trim();
    number.parse().unwrap_or_else(|_| panic!("{summary}"))
}

#[test]
#[ignore = "needs root"]
fn lines_that_a_slow_reader_misses_are_counted() {
    let _alone = serial();
    if !can_run("ebpf") {
        return;
    }
    let mut watch = Watch::start(&["ebpf", "--format", "json", "--kind", "exec"]);
    let stdout = watch.child.stdout.take().unwrap();
    // One such byte is six of JSON: 4 KiB of argv become 24 KiB, and 8 MiB are buffered.
    let long = "\u{1}".repeat(8000);
    let run_long = || {
        let status = Command::new("/bin/true").arg(&long).status().unwrap();
        assert!(status.success());
    };
    let mut before = String::new();
    let warned = within(60, || {
        (0..50).for_each(|_| run_long());
        before.extend(watch.stderr.try_iter());
        before.contains("not written so far")
    });
    assert!(warned, "{before}");
    watch.signal(Signal::SIGINT);
    let reading = thread::spawn(move || {
        let lines = BufReader::new(stdout).split(b'\n').map(Result::unwrap);
        lines.filter(|line| event_json::read(line).is_ok()).count()
    });
    let (code, stderr) = watch.end();
    let read = reading.join().unwrap();
    assert_eq!(code, Some(0), "{stderr}");
    // Before it there may be more of what is lost.
    let summary = stderr.lines().last().unwrap();
    let written = number(summary, ",", " written");
    let dropped = number(summary, ",", " not written because");
    let filtered = number(summary, ",", " filtered out");
    let all = number(summary, ":", " events (");
    assert!(dropped > 0);
    assert_eq!(read, written, "{summary}");
    assert_eq!(written + dropped + filtered, all, "{summary}");
}

/// The monitor is stopped while more programs end than its buffer holds; when it continues, the loss is
/// reported at once, not only in the summary.
#[test]
#[ignore = "needs root"]
fn a_loss_is_reported_while_watching() {
    let _alone = serial();
    for (label, cause) in [
        ("perf{pages=1}", "ring_full"),
        ("taskstats{rcvbuf=kernel}", "socket_drops"),
    ] {
        if !can_run(bare_name(label)) {
            continue;
        }
        let watch = Watch::start(&[label, "--format", "json", "--kind", "exit"]);
        watch.signal(Signal::SIGSTOP);
        programs(500, &[]);
        watch.signal(Signal::SIGCONT);
        let mut stderr = String::new();
        let reported = within(10, || {
            stderr.extend(watch.stderr.try_iter());
            stderr.contains(&format!("events lost so far: {cause}"))
        });
        assert!(reported, "{label}: {stderr}");
        watch.signal(Signal::SIGINT);
        let (code, summary) = watch.end();
        assert_eq!(code, Some(0), "{label}: {summary}");
        assert!(summary.contains("; lost: "), "{label}: {summary}");
        assert!(summary.contains(cause), "{label}: {summary}");
    }
}

/// A disk that is full is no reader that has left: what was lost is said, and the exit code tells.
#[test]
#[ignore = "needs root"]
fn kind_5_an_output_that_fails_ends_the_watch_with_an_error() {
    let _alone = serial();
    for monitor in ["netlink", "ebpf"].into_iter().filter(|name| can_run(name)) {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let watch = Watch::onto(&[monitor, "--format", "json"], full.unwrap().into());
        programs(20, &[]);
        let (code, stderr) = watch.end();
        assert_eq!(code, Some(1), "{stderr}");
        let lines: Vec<_> = stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{stderr}");
        assert!(
            lines[0].contains("not written because stdout failed"),
            "{stderr}"
        );
        assert!(
            lines[1].contains("stdout: No space left on device"),
            "{stderr}"
        );
        assert_eq!(number(lines[0], ",", " written"), 0, "{stderr}");
    }
}

/// The file may not grow beyond what some lines take.
#[test]
#[ignore = "needs root"]
fn kind_5_a_file_that_is_full_holds_what_is_said_to_be_written() {
    use std::os::unix::process::CommandExt;
    let _alone = serial();
    if !can_run("ebpf") {
        return;
    }
    let dir = crate::common::scratch();
    let path = dir.path().join("events");
    let file = std::fs::File::create(&path).unwrap();
    let limit = || {
        let what = nix::sys::resource::Resource::RLIMIT_FSIZE;
        nix::sys::resource::setrlimit(what, 5000, 5000).map_err(Into::into)
    };
    let mut command = crate::common::harness();
    // SAFETY: only setrlimit is called between fork and exec.
    let command = unsafe { command.pre_exec(limit) };
    let watch = Watch::by(command, &["ebpf", "--format", "json"], file.into());
    programs(100, &[]);
    let (code, stderr) = watch.end();
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("stdout: File too large"), "{stderr}");
    let text = std::fs::read(&path).unwrap();
    assert_eq!(text.len(), 5000);
    let whole = text.iter().filter(|&&byte| byte == b'\n').count();
    let summary = stderr.lines().next().unwrap();
    assert_eq!(number(summary, ",", " written"), whole, "{stderr}");
}
