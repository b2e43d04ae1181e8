//! `fanotify`: the kernel tells which files are opened to be executed (FAN_OPEN_EXEC).
//!
//! Hook point: fsnotify_open_exec in do_open_execat, for the program named, then for the interpreter
//! of a script, then for the loader of a dynamic program. Minimum kernel: 5.0 (the event is of 4.21,
//! which became that). Config: CONFIG_FANOTIFY=y. Capability: CAP_SYS_ADMIN.
//!
//! What it tells: which process opened which file. The event brings the file itself, so exe is the
//! name the file has when the event is read, and its first bytes tell whether the kernel opens
//! another one for the same exec: an interpreter for a script, a loader for a program that names
//! one. So one exec of three events is told once, as the program that then runs, when the last of
//! them has come; what cannot run here is not told.
//!
//! What it cannot see, and what it tells wrongly: an exec that fails after its last file was opened
//! (of a program without a loader, that is: too many arguments, a file that is open for writing) is
//! told like one that does not. Of a program in memory (memfd_create) or on a file system that was
//! mounted later or elsewhere, in another mount namespace, only the loader is seen, and told as what
//! runs; without a loader nothing. It never tells argv: /proc still has the old program's when a file
//! is opened for the new. Forks and exits are not told.
//!
//! When: an event has no time of its own.
//!
//! Where the kernel drops: with `queue=kernel` what finds fs.fanotify.max_queued_events waiting; it
//! then queues one notice, however many are lost. Every such notice is reported as lost as one lost
//! (`overflows`), so more may be missed than was reported as lost. With `queue=unlimited` nothing is
//! dropped. In both, when a process opens the same file as in an event of its own that still waits,
//! the two become one, and that is counted nowhere: of a process that executes the same program twice
//! before the first event was read, the second is missed. That the loader is the same costs nothing,
//! see decode.rs.

mod decode;
mod file;
mod mounts;

#[cfg(test)]
mod tests;

use std::os::fd::{AsFd, AsRawFd};

use caps::{CapSet, Capability};
use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Result, Session, Unavailable,
};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::fanotify::{EventFFlags, Fanotify as Group, InitFlags};

use crate::common::{namespaces, reasons};
use file::Files;

pub(crate) struct Fanotify;

/// How many events may wait with `queue=kernel`.
const LIMIT: &str = "/proc/sys/fs/fanotify/max_queued_events";

/// The reported loss, by its name in every format.
const OVERFLOWS: &str = "overflows";

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
        Claims::none(Clock::None).with(Kind::Exec, &[Field::Exe])
    }

    fn usual(&self) -> bool {
        false
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        let mut missing = Vec::new();
        if !caps::has_cap(None, CapSet::Effective, Capability::CAP_SYS_ADMIN).unwrap_or(false) {
            missing.push(reasons::no_right("CAP_SYS_ADMIN", &["SYS_ADMIN"]));
        }
        if let Err(why @ (Errno::ENOSYS | Errno::EMFILE | Errno::ENFILE)) =
            group(InitFlags::empty())
        {
            let config = "CONFIG_FANOTIFY=y";
            missing.push(reasons::no_descriptor("fanotify_init", why, config));
        }
        let why = "elsewhere the kernel lets no mount be marked, and processes have other pids";
        missing.extend(namespaces::missing(&["user", "pid"], why));
        missing
    }

    /// With `queue=unlimited` the kernel drops nothing.
    fn buffer(&self, options: &Options) -> Buffer {
        if options.word("queue") == "unlimited" {
            return Buffer::Unbounded;
        }
        let text = std::fs::read_to_string(LIMIT).ok();
        let capacity = text.and_then(|text| text.trim().parse().ok());
        capacity.map_or(Buffer::Unknown, |capacity| Buffer::Bounded {
            capacity,
            unit: "messages",
            // A program without a loader; others take two or three.
            least_per_event: 1,
        })
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let unlimited = match session.options.word("queue") {
            "kernel" => InitFlags::empty(),
            _ => InitFlags::FAN_UNLIMITED_QUEUE,
        };
        let group = group(unlimited)
            .map_err(|why| reasons::no_descriptor("fanotify_init", why, "CONFIG_FANOTIFY=y"))?;
        let unmarked = mounts::mark_all(&group)?;
        (session.ready)(&[])?;
        let watched = watch(&group, session)?;
        Ok(Counters {
            reported_lost: [(OVERFLOWS.into(), watched.overflows)].into(),
            notes: [("file_systems_unmarked".into(), unmarked)].into(),
            buffer_peak: watched.peak,
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

/// What a capture counts.
#[derive(Default)]
struct Watched {
    /// How often the kernel said that its queue was full.
    overflows: u64,
    /// Most events that waited, where there is a limit.
    peak: Option<u64>,
}

/// Spools until told to stop.
fn watch(group: &Group, session: &mut Session<'_>) -> Result<Watched> {
    let limited = session.options.word("queue") == "kernel";
    let (mut watched, mut files, mut fresh) = (Watched::default(), Files::default(), true);
    loop {
        let stop = wait(group, session)?;
        if limited {
            watched.peak = watched.peak.max(Some(waiting(group)?));
        }
        loop {
            let events = match group.read_events() {
                Ok(events) => events,
                Err(Errno::EAGAIN) => {
                    fresh = true;
                    break;
                }
                Err(Errno::EINTR) => continue,
                Err(why @ (Errno::EMFILE | Errno::ENFILE)) => {
                    return Err(format!("fanotify: read: {why}: raise ulimit -n").into());
                }
                Err(why) => {
                    let remedy = "this is a bug, please report it";
                    return Err(format!("fanotify: read: {why}: {remedy}").into());
                }
            };
            let received = crate::common::clock::now();
            for event in events {
                if !event.check_version() {
                    let why = "the kernel's events are of another version";
                    return Err(format!("fanotify: {why}: this is a bug, please report it").into());
                }
                let Some(opened) = event.fd() else {
                    watched.overflows += 1;
                    session.spool.lost(OVERFLOWS, watched.overflows);
                    continue;
                };
                let (next, path) = files.look(opened)?;
                let (before, after) = decode::around(event.pid(), &next, fresh);
                fresh = false;
                session
                    .spool
                    .write_parts(received, &[&before, &path, &after])?;
            }
        }
        session.spool.flush()?;
        if stop {
            return Ok(watched);
        }
    }
}

/// How many events wait. The kernel counts them one by one, so it is asked once a wake-up.
fn waiting(group: &Group) -> Result<u64> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the kernel writes one int.
    let done = unsafe { libc::ioctl(group.as_fd().as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
    Errno::result(done)
        .map_err(|why| format!("fanotify: FIONREAD: {why}: this is a bug, please report it"))?;
    Ok(u64::try_from(bytes)? / size_of::<libc::fanotify_event_metadata>() as u64)
}

fn wait(group: &Group, session: &Session<'_>) -> Result<bool> {
    let mut polled = [
        PollFd::new(session.stop, PollFlags::POLLIN),
        PollFd::new(group.as_fd(), PollFlags::POLLIN),
    ];
    match poll(&mut polled, PollTimeout::NONE) {
        Ok(_) => Ok(polled[0].any().unwrap_or(true)),
        Err(Errno::EINTR) => Ok(false),
        Err(why) => Err(format!("fanotify: poll: {why}: this is a bug, please report it").into()),
    }
}
