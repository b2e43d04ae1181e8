//! `perf`: the side-band records that perf_event_open gives beside samples. One software event that
//! never samples on every CPU, with `task` and `comm`: FORK, COMM with the mark of an exec, EXIT.
//!
//! Hook point: kernel/events/core.c, called from copy_process, begin_new_exec and do_exit.
//! Minimum kernel: 4.1 (PERF_RECORD_MISC_COMM_EXEC is of 3.16, a clock of one's choice of 4.1).
//! Config: CONFIG_PERF_EVENTS. Capability: CAP_PERFMON (before 5.8 CAP_SYS_ADMIN), and
//! CAP_IPC_LOCK for rings beyond perf_event_mlock_kb. In the initial pid and time namespaces:
//! elsewhere the kernel gives other pids, and the reader has another clock.
//!
//! What it tells: of a fork its caller, which is the parent unless CLONE_PARENT was given; of an
//! exec that it was one, and the first 15 bytes of a name, which are no exe; of an exit not how. The
//! path would be in a record of MMAP2, but that comes for every executable mapping of every
//! program, five and more for one exec that needs one; so it is left out, unmeasured.
//!
//! Where the kernel says what is not so: a process that executes a set-user-id program, or one that
//! it may not read, is given up to its watchers in begin_new_exec (perf_event_exit_task), and that
//! puts out an EXIT although it lives on. Nothing in the record tells the two apart, so such an exec
//! is followed by an exit that never was, and the true one comes later.
//!
//! Where the kernel drops: a ring that is full loses records. The kernel says how many in a LOST
//! record before the next one that fits, so what is lost at the very end would never be told; from
//! 6.0 on a counter of the event tells it too. The larger of the two is reported as lost.
//!
//! What it cannot see: the program's path and arguments, and how a process ended.
//!
//! CPUs that come and go: a ring belongs to a CPU (account_sb_event puts the event on the list of its CPU, and
//! perf_iterate_sb_cpu walks the list of the CPU that it runs on; both in kernel/events/core.c), and none can
//! be opened for a CPU that is offline. The kernel tells of a CPU when it already runs threads; so one that
//! comes online has no ring for some milliseconds. They are told, never silent: `cpus_came_online` counts such
//! CPUs, and the loss `cpu_online` is the number of forks of the machine (/proc/stat) beyond those that the
//! rings told or lost. It is a lower bound: the kernel counts no execs and exits. A ring whose CPU
//! has gone offline is read to its end.
//!
//! Waking: the kernel can wake the reader after so many bytes, not after the first of a silence. One
//! record at a time costs an interrupt of the CPU to itself for each of three records a process. So
//! the ring wakes only when it is half full, and the reader looks once a millisecond: detection
//! latency is up to that, and an idle machine pays a thousand looks a second.
//!
//! Order: each CPU has its own ring, and threads end on any. The decoder holds records back for a
//! round and takes them in the order of their stamps, see decode.rs.
//!
//! Nothing outlives the descriptors, so a killed capture leaves nothing behind.

mod attr;
mod decode;
mod ring;
mod rings;
#[cfg(test)]
mod tests;

use std::os::fd::AsFd;
use std::time::Duration;

use caps::{CapSet, Capability};
use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, Nanos, OptionKind, OptionSpec,
    Options, Result, Session, Unavailable,
};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use crate::common::hotplug::Change;
use crate::common::{clock, reasons};
use rings::Rings;

pub(crate) struct Perf;

/// Between two looks.
const REST: Duration = Duration::from_millis(1);

/// A COMM record with the shortest name: head 8, ids 8, name 8, stamp 8. Forks and exits take 40.
const LEAST_RECORD: u64 = 32;

/// The reported loss, by its name in every format.
const RING_FULL: &str = "ring_full";
/// Forks on CPUs that had come online and had no ring yet.
const CPU_ONLINE: &str = "cpu_online";
/// Of a note: so many CPUs came online.
const CAME_ONLINE: &str = "cpus_came_online";

const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "pages",
    default: "512",
    kind: OptionKind::Size,
    about: "pages of each CPU's ring, a power of two (a process takes about 130 bytes)",
}];

impl Monitor for Perf {
    fn name(&self) -> &'static str {
        "perf"
    }

    fn about(&self) -> &'static str {
        "perf_event side-band records: FORK, COMM of an exec and EXIT, from a ring on every CPU"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, _: &Options) -> Claims {
        Claims::none(Clock::Exact)
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, &[])
            .with(Kind::Exit, &[])
    }

    fn usual(&self) -> bool {
        false
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        missing()
    }

    /// All rings together: a workload on one CPU fills only one of them, so fewer events than this
    /// holds may be lost.
    fn buffer(&self, options: &Options) -> Buffer {
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
        let page = page
            .ok()
            .flatten()
            .and_then(|page| u64::try_from(page).ok());
        let (Some(page), Ok(cpus)) = (page, crate::common::cpus::read("online")) else {
            return Buffer::Unknown;
        };
        Buffer::Bounded {
            capacity: options.size("pages") * page * cpus.len() as u64,
            unit: "bytes",
            least_per_event: LEAST_RECORD,
        }
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let pages = pages(session.options)?;
        let mut capture = Capture {
            rings: Rings::open(pages)?,
            last: clock::now(),
            held: false,
            bytes: Vec::new(),
            peak: 0,
        };
        capture.run(session)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }
}

fn missing() -> Vec<Unavailable> {
    let mut missing = Vec::new();
    // Asked with no attributes at all: the call is there, or it is not.
    // SAFETY: the kernel reads the attributes, and refuses NULL with EFAULT.
    let asked = unsafe { libc::syscall(libc::SYS_perf_event_open, 0, 0, -1, -1, 0) };
    let errno = Errno::last();
    if asked == -1 && errno == Errno::ENOSYS {
        let config = "CONFIG_PERF_EVENTS=y";
        missing.push(reasons::no_descriptor("perf_event_open", errno, config));
    }
    let has = |capability| caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false);
    if !has(Capability::CAP_SYS_ADMIN) && !has(Capability::CAP_PERFMON) {
        let what = "CAP_PERFMON or CAP_SYS_ADMIN";
        missing.push(reasons::no_right(what, &["PERFMON"]));
    }
    missing.extend(crate::common::namespaces::missing(
        &["user", "pid", "time"],
        "elsewhere perf_event_open tells other pids and the clock differs",
    ));
    missing
}

fn pages(options: &Options) -> Result<usize> {
    let pages = options.size("pages");
    match usize::try_from(pages) {
        Ok(pages) if pages.is_power_of_two() && pages <= 1 << 18 => Ok(pages),
        _ => {
            Err(format!("perf{{pages={pages}}}: must be a power of two up to 256k: use 512").into())
        }
    }
}

struct Capture {
    rings: Rings,
    /// When the last round began.
    last: Nanos,
    /// Whether there are records that no round has released yet.
    held: bool,
    bytes: Vec<u8>,
    /// Most bytes that were in one ring.
    peak: usize,
}

impl Capture {
    fn run(&mut self, session: &mut Session<'_>) -> Result<Counters> {
        (session.ready)(&[])?;
        while !self.rest(session)? {
            self.round(session)?;
        }
        let unheard = self.rings.unheard()?;
        self.follow(unheard, session)?;
        let untold = self.untold(session)?;
        let mut counters = Counters::default();
        counters
            .reported_lost
            .insert(RING_FULL.into(), self.rings.lost()?);
        counters.reported_lost.insert(CPU_ONLINE.into(), untold);
        let came = self.rings.came();
        counters.notes.insert(CAME_ONLINE.into(), came);
        // As if all were as full as the fullest, so that it stands beside the capacity of all.
        counters.buffer_peak = Some((self.peak * self.rings.most()) as u64);
        Ok(counters)
    }

    /// Spools what a ring had whose CPU is gone, and opens one for each that came.
    fn follow(&mut self, changes: Vec<Change>, session: &mut Session<'_>) -> Result<()> {
        for change in changes {
            let (Change::Online(cpu) | Change::Offline(cpu)) = change;
            if let Some(mut ring) = self.rings.remove(cpu) {
                self.bytes.clear();
                if ring.take(&mut self.bytes)? {
                    self.held = true;
                    self.rings.told(&self.bytes);
                    let head = decode::records(cpu);
                    let parts = [&head[..], &self.bytes];
                    session.spool.write_parts(clock::now(), &parts)?;
                }
                self.rings.keep_losses_of(&ring)?;
            }
            if change == Change::Online(cpu) {
                self.rings.add(cpu)?;
            }
        }
        Ok(())
    }

    /// Spools all rings, then says up to when nothing can be missing any more: what was stamped
    /// before the last round began has been put into its ring long since.
    fn spool_all(&mut self, session: &mut Session<'_>) -> Result<()> {
        let (began, mut any) = (clock::now(), false);
        for (cpu, ring) in &mut self.rings.open {
            self.bytes.clear();
            if ring.take(&mut self.bytes)? {
                any = true;
                self.peak = self.peak.max(self.bytes.len());
                self.rings.forks += decode::forks(&self.bytes);
                let head = decode::records(*cpu);
                session
                    .spool
                    .write_parts(clock::now(), &[&head, &self.bytes])?;
            }
        }
        if any || self.held {
            let mark = decode::complete(self.last);
            session.spool.write(clock::now(), &mark)?;
            session.spool.flush()?;
        }
        (self.last, self.held) = (began, any);
        Ok(())
    }

    fn round(&mut self, session: &mut Session<'_>) -> Result<()> {
        self.spool_all(session)?;
        if session.spool.due() {
            session.spool.lost(RING_FULL, self.rings.lost()?);
            if self.rings.came() > 0 {
                let untold = self.untold(session)?;
                session.spool.lost(CPU_ONLINE, untold);
            }
        }
        Ok(())
    }

    /// Forks that no ring told or lost. The rings are read once more after the machine's forks are, so that
    /// none of these still lies in a ring.
    fn untold(&mut self, session: &mut Session<'_>) -> Result<u64> {
        let forks = self.rings.forks_of_machine()?;
        self.spool_all(session)?;
        self.rings.untold(forks)
    }

    /// Whether to stop. Rests a while, less when a ring is half full or a CPU has come or gone.
    fn rest(&mut self, session: &mut Session<'_>) -> Result<bool> {
        let mut polled = vec![
            PollFd::new(session.stop, PollFlags::POLLIN),
            PollFd::new(self.rings.hotplug.as_fd(), PollFlags::POLLIN),
        ];
        let rings = self.rings.open.iter();
        polled.extend(rings.map(|(_, ring)| PollFd::new(ring.as_fd(), PollFlags::POLLIN)));
        match ppoll(&mut polled, Some(TimeSpec::from(REST)), None) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(errno) => {
                return Err(
                    format!("perf: ppoll: {errno}: this is a bug, please report it").into(),
                );
            }
        }
        let [stop, changed] = [0, 1].map(|at| polled[at].any().unwrap_or(false));
        if changed {
            let changes = self.rings.hotplug.changes()?;
            self.follow(changes, session)?;
        }
        Ok(stop)
    }
}
