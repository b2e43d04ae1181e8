//! What the tests of the whole binary share.

#![allow(dead_code, missing_docs)] // Each test file uses its part of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_harness");

/// The same, as a command.
pub(crate) fn harness() -> Command {
    Command::new(BINARY)
}

/// Runs it with `args`; `(exit code, stdout, stderr)`.
pub(crate) fn said(args: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = harness().args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// Exit code 2 and one line that holds `names` and says what to do.
#[track_caller]
pub(crate) fn refused(args: &[&str], names: &str) {
    let (code, stdout, stderr) = said(args);
    let repeat = format!("repeat with: harness {}", args.join(" "));
    assert_eq!((code, stdout.as_str()), (2, ""), "{repeat}\n{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{repeat}\n{stderr}");
    assert!(stderr.contains(names), "{repeat}\n{stderr}");
}

pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// What the monitor called `label`, with its options, lacks on this machine; `None` when it can run.
pub(crate) fn lacks(label: &str) -> Option<String> {
    let contract::Label { name, options } = contract::Label::parse(label).unwrap();
    let monitor = monitors::find(name).unwrap();
    let options = contract::Options::new(name, monitor.options(), options).unwrap();
    let missing = monitor.missing(&options);
    missing.first().map(ToString::to_string)
}

/// Whether the monitor called `name` can run on this machine. `scripts/test` counts the line that
/// this prints where it cannot.
#[allow(clippy::print_stdout, reason = "scripts/test reads it")]
pub(crate) fn can_run(name: &str) -> bool {
    let lacks = lacks(name);
    if let Some(lacks) = &lacks {
        println!("skipped: {name} {lacks}");
    }
    lacks.is_none()
}

/// A folder for records that every user may enter.
pub(crate) fn scratch() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    dir
}

/// A copy of the harness in `dir`, because other users may not be allowed to enter the folder in which it was
/// built. Another process writes it: a child that another test forks meanwhile would hold a descriptor of
/// this one open for writing, and the copy could not be executed (ETXTBSY).
pub(crate) fn copy_of_harness(dir: &Path) -> PathBuf {
    let copy = dir.join("harness");
    let mut cp = Command::new("cp");
    cp.arg(env!("CARGO_BIN_EXE_harness")).arg(&copy);
    assert!(cp.status().unwrap().success(), "{}", copy.display());
    copy
}

/// Measures into `dir/record` as a user without privileges; the summary and what was printed.
pub(crate) fn measured_as_nobody(dir: &Path, args: &[&str]) -> (Value, String) {
    use std::os::unix::process::CommandExt;
    let copy = copy_of_harness(dir);
    let out = dir.join("record");
    let output = Command::new(&copy)
        .args(["run", "--reps", "1", "--out"])
        .arg(&out)
        .args(args)
        .current_dir(dir)
        .uid(65534)
        .gid(65534)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    (summary(&out), stdout)
}

/// Measures into `dir/record`; the summary. A failure says how to repeat it.
pub(crate) fn measured(dir: &Path, args: &[&str]) -> Value {
    let out = dir.join("record");
    let mut all = vec!["run", "--out", out.to_str().unwrap()];
    all.extend(args);
    let (code, _, stderr) = said(&all);
    assert_eq!(
        code,
        0,
        "repeat with: harness run {}\n{stderr}",
        args.join(" ")
    );
    summary(&out)
}

/// Thins a record as it is thinned before it is committed.
pub(crate) fn thin(record: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/thinning.py");
    let done = Command::new("python3").arg(&script).arg(record).status();
    let repeat = format!("repeat with: {} {}", script.display(), record.display());
    assert!(done.unwrap().success(), "{repeat}");
}

pub(crate) fn summary(record: &Path) -> Value {
    serde_json::from_slice(&fs::read(record.join("summary.json")).unwrap()).unwrap()
}

/// The cells of `monitor`.
pub(crate) fn cells<'a>(summary: &'a Value, monitor: &str) -> Vec<&'a Value> {
    let all = summary["cells"].as_array().unwrap();
    all.iter()
        .filter(|cell| cell["configuration"] == monitor)
        .collect()
}

/// What a run may change on this machine and must leave as it was. What belongs to another harness that
/// runs at the same time is left out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    pub cgroups: Vec<PathBuf>,
    pub listeners: usize,
    pub processes: Vec<u32>,
}

impl Traces {
    pub(crate) fn now() -> Self {
        Self {
            cgroups: cgroups(),
            listeners: listeners(),
            processes: processes(),
        }
    }
}

/// The program that a process runs; `None` when there is no such process.
fn exe(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

fn harness_exe() -> PathBuf {
    fs::canonicalize(env!("CARGO_BIN_EXE_harness")).unwrap()
}

/// Whether the process is alive and is not the harness under test.
fn is_another(pid: u32) -> bool {
    exe(pid).is_some_and(|exe| exe != harness_exe())
}

/// The pid in a name such as `rollcall-PID-part`.
fn owner(name: &str, prefix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.split('-').next()?.parse().ok()
}

fn cgroups() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let points = mounts
        .lines()
        .filter(|line| line.contains(" cgroup"))
        .filter_map(|line| line.split(' ').nth(1));
    let entries = points
        .filter_map(|point| fs::read_dir(point).ok())
        .flatten()
        .flatten();
    let ours = entries.filter(|entry| {
        let owner = owner(&entry.file_name().to_string_lossy(), "rollcall-");
        owner.is_some_and(|pid| !is_another(pid))
    });
    let mut found: Vec<_> = ours.map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// Sockets of protocol 11 (the connector) that are in group 1 (processes).
fn listeners() -> usize {
    let table = fs::read_to_string("/proc/net/netlink").unwrap_or_default();
    let lines = table.lines().skip(1);
    let fields = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listens = |field: &Vec<&str>| {
        let groups = u32::from_str_radix(field[3], 16).unwrap_or(0);
        field[1] == "11" && groups & 1 == 1 && !field[2].parse().is_ok_and(is_another)
    };
    fields.filter(listens).count()
}

/// All processes, with the programs that they run.
fn programs() -> Vec<(u32, PathBuf)> {
    let names = fs::read_dir("/proc").unwrap().flatten();
    let pids = names.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok());
    pids.filter_map(|pid| Some((pid, exe(pid)?))).collect()
}

/// The pid of the harness that installed the program of a workload.
fn installed_by(exe: &Path) -> Option<u32> {
    let folder = exe.parent()?.file_name()?.to_str()?;
    owner(folder, "rollcall-programs-")
}

/// Processes that run the harness under test or a program of a workload.
fn processes() -> Vec<u32> {
    let harness = harness_exe();
    let all = programs().into_iter();
    let ours = all.filter(|(_, exe)| {
        *exe == harness || installed_by(exe).is_some_and(|pid| !is_another(pid))
    });
    ours.map(|(pid, _)| pid).collect()
}

/// How many processes of workloads run that the harness `pid` has started.
pub(crate) fn workload_processes(pid: u32) -> usize {
    let all = programs().into_iter();
    all.filter(|(_, exe)| installed_by(exe) == Some(pid))
        .count()
}

/// Waits until `done`, for at most `seconds`; whether it came to that.
pub(crate) fn within(seconds: u64, mut done: impl FnMut() -> bool) -> bool {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    while !done() {
        if std::time::Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    true
}
