//! `fanotify`: the kernel tells which files are opened to be executed (FAN_OPEN_EXEC).
//!
//! Hook point: fsnotify_open_exec in do_open_execat, for the program named, then for the interpreter
//! of a script, then for the loader of a dynamic program. Minimum kernel: 5.0 (the event is of 4.21,
//! which became that). Config: CONFIG_FANOTIFY=y. Capability: CAP_SYS_ADMIN.
//!
//! What it tells: which process opened which file. The event brings the file itself, so exe is the
//! name the file has when the event is read, and its first bytes tell whether the kernel will open
//! another one for the same exec: an interpreter for a script, a loader for a program that names
//! one. So one exec of three events is told once, as the program that then runs.
//!
//! What it tells wrongly: an exec that fails after its file was opened (too many arguments, a loader
//! that is not there, somebody else's machine code) is told like one that does not. What it never
//! tells: forks and exits; programs on file systems that were mounted later or elsewhere, in other
//! mount namespaces; programs in memory (memfd_create).
//!
//! When: an event has no time of its own.
//!
//! Where the kernel drops: with `queue=kernel` what finds fs.fanotify.max_queued_events waiting; it
//! then queues one notice, however many are lost. Every such notice is admitted as one lost
//! (`overflows`), so more may be missed than was admitted. With `queue=unlimited` nothing is dropped.
//! In both, when a process opens the same file as in an event of its own that still waits, the two
//! become one, and nobody counts that.

mod decode;
mod file;
mod mounts;

#[cfg(test)]
mod tests;

use std::os::fd::AsFd;

use caps::{CapSet, Capability};
use contract::{
    Claims, Clock, Counters, Decode, Fact, Kind, Monitor, OptionKind, OptionSpec, Options, Result,
    Session, Unavailable,
};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::fanotify::{EventFFlags, Fanotify as Group, FanotifyEvent, InitFlags};

/// See the head of this file.
pub(crate) struct Fanotify;

const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "queue",
    default: "unlimited",
    kind: OptionKind::Word(&["unlimited", "kernel"]),
    about: "events that may wait: any number, or fs.fanotify.max_queued_events",
}];

impl Monitor for Fanotify {
    fn name(&self) -> &'static str {
        "fanotify"
    }

    fn about(&self) -> &'static str {
        "fanotify: files opened to be executed, on every file system that is mounted"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, _: &Options) -> Claims {
        Claims::none(Clock::None).with(Kind::Exec, &[Fact::Exe])
    }

    fn usual(&self) -> bool {
        false
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        let mut missing = Vec::new();
        if !caps::has_cap(None, CapSet::Effective, Capability::CAP_SYS_ADMIN).unwrap_or(false) {
            missing.push(Unavailable::new("CAP_SYS_ADMIN", "run as root"));
        }
        if group(InitFlags::empty()).is_err_and(|why| why == Errno::ENOSYS) {
            let config = "CONFIG_FANOTIFY=y";
            missing.push(Unavailable::new(config, "use a kernel built with it"));
        }
        missing
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let unlimited = match session.options.word("queue") {
            "kernel" => InitFlags::empty(),
            _ => InitFlags::FAN_UNLIMITED_QUEUE,
        };
        let group =
            group(unlimited).map_err(|why| format!("fanotify_init: {why}: see harness doctor"))?;
        let unmarked = mounts::mark_all(&group)?;
        (session.ready)(&[])?;
        let overflows = watch(&group, session)?;
        Ok(Counters {
            admitted: [("overflows".into(), overflows)].into(),
            notes: [("file_systems_unmarked".into(), unmarked)].into(),
        })
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }
}

/// A group that nothing is marked for.
fn group(more: InitFlags) -> nix::Result<Group> {
    let flags = InitFlags::FAN_CLASS_NOTIF | InitFlags::FAN_CLOEXEC | InitFlags::FAN_NONBLOCK;
    let opened = EventFFlags::O_RDONLY | EventFFlags::O_LARGEFILE | EventFFlags::O_CLOEXEC;
    Group::init(flags | more, opened)
}

/// Spools until told to stop; how often the kernel said that its queue was full.
fn watch(group: &Group, session: &mut Session<'_>) -> Result<u64> {
    let mut overflows = 0;
    loop {
        let stop = wait(group, session)?;
        loop {
            let events = match group.read_events() {
                Ok(events) => events,
                Err(Errno::EAGAIN) => break,
                Err(Errno::EINTR) => continue,
                Err(why) => return Err(format!("fanotify: read: {why}: raise ulimit -n").into()),
            };
            let received = crate::clock::now();
            for event in events {
                overflows += spool(&event, received, session)?;
            }
        }
        session.spool.flush()?;
        if stop {
            return Ok(overflows);
        }
    }
}

/// Spools an event; 1 when it says that the queue was full.
fn spool(event: &FanotifyEvent, received: u64, session: &mut Session<'_>) -> Result<u64> {
    if !event.check_version() {
        return Err("fanotify: the kernel's events are of another version: report this".into());
    }
    let Some(opened) = event.fd() else {
        return Ok(1);
    };
    let (leads, path) = file::look(opened)?;
    let pid = event.pid().to_le_bytes();
    session
        .spool
        .write_parts(received, &[&pid, &[leads as u8], &path])?;
    Ok(0)
}

fn wait(group: &Group, session: &Session<'_>) -> Result<bool> {
    let mut polled = [
        PollFd::new(session.stop, PollFlags::POLLIN),
        PollFd::new(group.as_fd(), PollFlags::POLLIN),
    ];
    match poll(&mut polled, PollTimeout::NONE) {
        Ok(_) => Ok(polled[0].any().unwrap_or(true)),
        Err(Errno::EINTR) => Ok(false),
        Err(why) => Err(format!("fanotify: poll: {why}: report this").into()),
    }
}
