//! A small host for one capture, and the actor that has things happen.

use std::fs::File;
use std::io::{PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use contract::{
    Counters, Decode, EventLog, EventRef, Kind, Monitor, Options, Result, Session, Spool,
    SpoolReader,
};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, CpuSet, sched_getaffinity, sched_setaffinity, unshare};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::super::{AttachMode, Ebpf, OPTIONS, capture, decode::Decoder, requirements};

/// The modes this kernel has, one by one.
pub(super) fn modes() -> Vec<&'static [AttachMode]> {
    let mut modes: Vec<&'static [AttachMode]> = vec![&[AttachMode::BtfAnyThread]];
    if requirements::tells_the_last() {
        modes.push(&[AttachMode::BtfLastThread]);
        modes.push(&[AttachMode::Perf]);
    }
    modes.extend(by_lsm());
    modes
}

/// What the monitor does here by default, and with `hook=lsm` where that is to be had.
pub(super) fn hooks() -> Vec<&'static [AttachMode]> {
    let options = Options::new("ebpf", OPTIONS, []).unwrap();
    let mut hooks = vec![AttachMode::here(&options)];
    hooks.extend(by_lsm());
    hooks
}

/// As `hook=lsm` does it here, where it is to be had.
pub(super) fn by_lsm() -> Option<&'static [AttachMode]> {
    static FOUND: OnceLock<Option<&'static [AttachMode]>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let options = Options::new("ebpf", OPTIONS, [("hook", "lsm")]).unwrap();
        let missing = Ebpf.missing(&options).into_iter().next();
        let Some(missing) = missing else {
            return Some(AttachMode::here(&options));
        };
        // Not `skipped`: scripts/test lets this one go, the kernel that it runs on refuses it.
        println!("skipped: ebpf{{hook=lsm}} {missing}");
        None
    })
}

/// Mounts tracefs where it is not: what is tested must not hang on what somebody mounted before. For the calling
/// thread, and what it starts, alone: the machine stays as it was found.
fn see_tracefs() {
    const TRACEFS: &str = "/sys/kernel/tracing";
    if Path::new(TRACEFS).join("events").exists() {
        return;
    }
    let none = None::<&str>;
    unshare(CloneFlags::CLONE_NEWNS).unwrap();
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
    mount(none, TRACEFS, Some("tracefs"), MsFlags::empty(), none).unwrap();
}

/// A running capture.
pub(super) struct Watch {
    stop: PipeWriter,
    thread: JoinHandle<Result<Counters>>,
    dir: TempDir,
    /// Whether an exit is told only when the kernel frees its task.
    late: bool,
}

impl Watch {
    /// Starts one and waits until it is ready.
    pub(super) fn start(ring: &str, modes: &'static [AttachMode]) -> Self {
        Self::with(&[("ring", ring)], modes)
    }

    /// The same with these options.
    pub(super) fn with(given: &[(&str, &str)], modes: &'static [AttachMode]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (stopped, stop) = std::io::pipe().unwrap();
        let (say, ready) = mpsc::channel();
        let options = Options::new("ebpf", OPTIONS, given.iter().copied()).unwrap();
        let path = dir.path().to_owned();
        let thread = std::thread::spawn(move || {
            if modes
                .iter()
                .any(|mode| matches!(mode, AttachMode::Perf | AttachMode::LsmAndPerf))
            {
                see_tracefs();
            }
            let cpu = || clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from);
            let mut begun = Duration::ZERO;
            let mut session = Session {
                options: &options,
                dir: &path,
                stop: stopped.as_fd(),
                spool: Spool::new(File::create(path.join("spool"))?)?,
                ready: &mut |_| {
                    begun = cpu()?;
                    Ok(say.send(())?)
                },
            };
            let mut counters = capture(&mut session, modes)?;
            session.spool.flush()?;
            let spent = (cpu()? - begun).as_nanos() as u64;
            counters.notes.insert("reader_cpu_ns".into(), spent);
            Ok(counters)
        });
        if ready.recv().is_err() {
            panic!("{}", thread.join().unwrap().unwrap_err());
        }
        let late = modes.iter().any(|mode| mode.is_lsm());
        Self {
            stop,
            thread,
            dir,
            late,
        }
    }

    /// Stops it; the spool, and what it counted.
    pub(super) fn stop(self) -> (Vec<u8>, Counters) {
        if self.late {
            self.settle();
        }
        drop(self.stop);
        let counters = self.thread.join().unwrap().unwrap();
        (
            std::fs::read(self.dir.path().join("spool")).unwrap(),
            counters,
        )
    }

    /// What it has spooled so far.
    pub(super) fn events(&self) -> EventLog {
        decode_so_far(&std::fs::read(self.dir.path().join("spool")).unwrap())
    }

    /// Waits until the tasks that were released by now are freed. Each CPU frees its own in turn, so one that
    /// is released after them on each CPU is freed after them.
    pub(super) fn settle(&self) {
        let this = Pid::from_raw(0);
        let before = sched_getaffinity(this).unwrap();
        let all = (0..CpuSet::count()).filter(|cpu| before.is_set(*cpu).unwrap());
        let last: Vec<u32> = all
            .map(|cpu| {
                let mut one = CpuSet::new();
                one.set(cpu).unwrap();
                sched_setaffinity(this, &one).unwrap();
                run(&mut Command::new("/bin/true")).pid
            })
            .collect();
        sched_setaffinity(this, &before).unwrap();
        let freed = |journal: &EventLog, pid: &u32| !about(journal, *pid, Kind::Exit).is_empty();
        let began = Instant::now();
        loop {
            grace_period();
            let journal = self.events();
            if last.iter().all(|pid| freed(&journal, pid)) {
                return;
            }
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "no exit of {last:?}"
            );
        }
    }
}

/// Returns when each CPU has passed a point at which nothing of it holds what RCU frees.
fn grace_period() {
    const GLOBAL: libc::c_int = 1;
    // SAFETY: it takes no pointers.
    let done = unsafe { libc::syscall(libc::SYS_membarrier, GLOBAL, 0, 0) };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

impl Watch {
    /// Stops it; why it failed.
    pub(super) fn failed(self) -> String {
        drop(self.stop);
        self.thread.join().unwrap().unwrap_err().to_string()
    }
}

/// The events of a spool.
pub(super) fn decode(spool: &[u8]) -> EventLog {
    let (journal, rest) = decode_to(spool);
    assert_eq!(rest, 0, "the spool is cut off");
    journal
}

/// The same of one that is still being written.
fn decode_so_far(spool: &[u8]) -> EventLog {
    decode_to(spool).0
}

fn decode_to(spool: &[u8]) -> (EventLog, usize) {
    let mut journal = EventLog::default();
    let mut reader = SpoolReader::new(spool);
    let mut decoder = Decoder::default();
    while let Some(frame) = reader.next_frame().unwrap() {
        decoder.frame(frame, &mut journal).unwrap();
    }
    (journal, reader.rest())
}

/// What is held of `pid`: its events by kind.
pub(super) fn about(journal: &EventLog, pid: u32, kind: Kind) -> Vec<EventRef<'_>> {
    let events = journal.events.iter();
    events
        .filter(|event| event.pid == pid && event.kind == kind)
        .map(|event| journal.report(event))
        .collect()
}

/// Runs `body` under a capture; the events.
pub(super) fn watched<T>(
    modes: &'static [AttachMode],
    body: impl FnOnce() -> T,
) -> (T, EventLog, Counters) {
    let watch = Watch::start("16M", modes);
    let made = body();
    let (spool, counters) = watch.stop();
    (made, decode(&spool), counters)
}

/// One process of the actor's that is over.
pub(super) struct Ran {
    pub(super) pid: u32,
    pub(super) status: i32,
    /// The ids it printed.
    pub(super) ids: Vec<u32>,
}

/// Runs a command to its end.
pub(super) fn run(command: &mut Command) -> Ran {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let ids = text.lines().map(|line| line.parse().unwrap()).collect();
    Ran {
        pid,
        status: output.status.into_raw(),
        ids,
    }
}

/// Runs `actor wait` (as made by `command`), and says what /proc named it while it lived.
pub(super) fn named(command: &mut Command, before_exit: impl FnOnce()) -> (u32, PathBuf) {
    let mut name = PathBuf::new();
    let pid = alive(command, |pid| {
        name = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
        before_exit();
    });
    (pid, name)
}

/// Runs `actor wait` (as made by `command`), and looks at it while it lives.
pub(super) fn alive(command: &mut Command, look: impl FnOnce(u32)) -> u32 {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = [0; 6];
    let heard = child.stdout.take().unwrap().read_exact(&mut said);
    assert!(heard.is_ok(), "{command:?} ended: {:?}", child.wait());
    look(child.id());
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(child.wait().unwrap().success());
    child.id()
}

/// `actor WHAT`, with a short argv[0].
pub(super) fn act(actor: &Path, what: &str) -> Command {
    let mut command = Command::new(actor);
    command.arg0("a").arg(what);
    command
}
