//! The processes that already run when a technique begins to watch, read from /proc.
//!
//! It begins after the live source is on, so a process is in it or is told live, or both; which of them is
//! both [`join`] finds out from the frames. The reader takes a few processes at a time and drains its
//! source in between.
//!
//! Frames, beside those of the technique: [`MARK`], then a byte. 0, at the beginning: the length of a tick
//! and how far the clock since boot is ahead of CLOCK_MONOTONIC, in nanoseconds, 64 bits each. 1, a process:
//! when its look-up began (64 bits), when the process did (in ticks since boot, 64 bits), its pid and
//! effective user (32 bits each), 1 for a kernel thread, then its fields as lookup_codec.rs has them; the
//! frame's stamp is the end of the look-up. 2: the end. Numbers are little-endian.

pub(crate) mod join;

use std::os::fd::AsFd;
use std::time::Duration;
use std::vec;

use contract::{Nanos, OptionKind, OptionSpec, Pid, Result, Session, Spool};
use nix::sys::stat::fstat;

use super::proc_lookup::Proc;
use super::process_stat::{self, ProcessStat};
use super::{clock, lookup_codec};

/// What no frame of a technique begins with: not a kind of `ebpf`, not a length of `netlink`.
const MARK: &[u8; 4] = b"SNAP";
const BEGIN: u8 = 0;
const PROCESS: u8 = 1;
const END: u8 = 2;

/// So many processes are looked up in one go: about a millisecond, in which the source only fills.
const AT_ONCE: usize = 16;
/// A process is in /proc before the kernel tells its fork. Nothing says that none is just between the two,
/// so the end waits: far longer than a CPU is taken from a process.
const UNTOLD: Duration = Duration::from_millis(250);
/// The kernel's PF_KTHREAD.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// The option of monitors that have one.
pub(crate) const OPTION: OptionSpec = OptionSpec {
    name: "snapshot",
    default: "auto",
    kind: OptionKind::Word(&["auto", "yes", "no"]),
    about: "tell the processes that already run, once: yes or no; auto is yes in harness watch alone",
};

/// A snapshot that is being taken.
pub(crate) struct Snapshot {
    proc: Proc,
    left: vec::IntoIter<Pid>,
    /// When the last process was looked up.
    read: Option<Nanos>,
    bytes: Vec<u8>,
}

impl Snapshot {
    /// Begins it where it is asked for. Call it when the live source is on and nothing was spooled yet.
    pub(crate) fn begin(session: &mut Session<'_>) -> Result<Option<Self>> {
        let wanted = match session.options.word(OPTION.name) {
            "auto" => session.spool.is_live(),
            word => word == "yes",
        };
        if !wanted {
            return Ok(None);
        }
        let unread = |why: &dyn std::fmt::Display| {
            format!("/proc: {why}: mount it, or use the option snapshot=no")
        };
        let proc = Proc::open().map_err(|errno| unread(&errno))?;
        let pids = Proc::pids().map_err(|error| unread(&error))?;
        let mut bytes = head(BEGIN);
        let ahead = process_stat::since_boot().saturating_sub(Duration::from_nanos(clock::now()));
        for time in [process_stat::tick(), ahead] {
            bytes.extend((time.as_nanos() as u64).to_le_bytes());
        }
        session.spool.write(clock::now(), &bytes)?;
        Ok(Some(Self {
            proc,
            left: pids.into_iter(),
            read: None,
            bytes,
        }))
    }

    /// Looks up the next few, or ends it when it is due: then it is `None`.
    pub(crate) fn step(this: &mut Option<Self>, spool: &mut Spool) -> Result<()> {
        let Some(snapshot) = this else {
            return Ok(());
        };
        for pid in snapshot.left.by_ref().take(AT_ONCE) {
            let begun = clock::now();
            if look_up(&mut snapshot.proc, pid, begun, &mut snapshot.bytes) {
                spool.write(clock::now(), &snapshot.bytes)?;
            }
        }
        if snapshot.left.as_slice().is_empty() && snapshot.read.is_none() {
            snapshot.read = Some(clock::now());
        }
        if snapshot.over() == Some(Duration::ZERO) {
            spool.write(clock::now(), &head(END))?;
            *this = None;
        }
        spool.flush()?;
        Ok(())
    }

    /// In what time the next step is due; `None` where there is none.
    pub(crate) fn due(this: &Option<Self>) -> Option<Duration> {
        Some(this.as_ref()?.over().unwrap_or(Duration::ZERO))
    }

    /// In what time it may end; `None` while there is more to look up.
    fn over(&self) -> Option<Duration> {
        let passed = Duration::from_nanos(clock::now().saturating_sub(self.read?));
        Some(UNTOLD.saturating_sub(passed))
    }
}

fn head(what: u8) -> Vec<u8> {
    let mut bytes = MARK.to_vec();
    bytes.push(what);
    bytes
}

/// Whether the process is there; one that has ended is not, though its parent has not waited for it.
fn look_up(proc: &mut Proc, pid: Pid, begun: Nanos, bytes: &mut Vec<u8>) -> bool {
    let Some(dir) = proc.of(pid) else {
        return false;
    };
    let stat = ProcessStat::in_folder(dir.as_fd()).filter(|stat| !stat.is_dead());
    let (Some(stat), Ok(owner)) = (stat, fstat(&dir)) else {
        return false;
    };
    bytes.clear();
    bytes.extend(MARK);
    bytes.push(PROCESS);
    bytes.extend(begun.to_le_bytes());
    bytes.extend(stat.started.to_le_bytes());
    bytes.extend(pid.to_le_bytes());
    bytes.extend(owner.st_uid.to_le_bytes());
    let kernel = stat.flags & KERNEL_THREAD != 0;
    bytes.push(u8::from(kernel));
    if let Some(ppid) = stat.ppid {
        lookup_codec::keep(lookup_codec::Tag::Ppid, &ppid.to_le_bytes(), bytes);
    }
    if !kernel {
        proc.exe(dir.as_fd(), bytes);
        proc.argv(dir.as_fd(), bytes);
    }
    true
}

#[cfg(test)]
mod tests;
