//! `preload`: a library in front of the C library, loaded into every program through LD_PRELOAD.
//!
//! Hook point: libc's fork, _Fork, vfork, clone, exec*, fexecve, posix_spawn, posix_spawnp, _exit,
//! _Exit, quick_exit, and an on_exit handler for exit and return from main. What system() and
//! popen() do inside libc is not hooked; it follows from the program they start, which loads the
//! library too. Minimum kernel: 2.6.22 (shared futexes). Config: none. Capability: none, it runs as
//! the workload's user. Minimum libc: glibc 2.17.
//!
//! What it cannot see: static programs, programs without libc, raw system calls, programs whose
//! environment was cleared, set-user-id programs, ends by a signal. Of a static child it sees
//! what its parent did (fork and exec), and not its end.
//!
//! What it may tell wrongly: path and argv of an exec, which it reads in the caller's memory before the call. A
//! second thread may change them before the kernel reads them; a symbolic link or a file's name may change
//! as well (cases race-argv-*, race-path-*). Where the new program loads the library too, and its path is
//! another, both execs are told.
//!
//! Where it loses: the ring is full (`ring_full`), or a writer was killed between claiming a
//! slot and finishing its record (`torn`; `unfinished` if it was merely stopped). The kernel drops
//! nothing, because nothing goes through it. Programs never wait for the reader.

mod capture;
mod decode;
mod ended;
mod install;
mod layout;
mod process;
mod ring;
#[cfg(test)]
mod tests;
mod trial;

use std::os::fd::BorrowedFd;
use std::path::Path;

use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Privilege, Recovered, Result, Session, Unavailable,
};

use crate::common::owned_dir;
use capture::RING_FULL;
use install::OwnDir;
use ring::Channel;

pub(crate) struct Preload;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "ring",
        default: "16M",
        kind: OptionKind::Size,
        about: "bytes of the ring between programs and reader, 256 or more for an event",
    },
    OptionSpec {
        name: "rest",
        default: "auto",
        kind: OptionKind::DurationOrAuto,
        about: "time between two reads while events keep coming, 0us: none; auto is 2ms",
    },
];

impl Monitor for Preload {
    fn name(&self) -> &'static str {
        "preload"
    }

    fn about(&self) -> &'static str {
        "a library in front of libc's fork, exec and exit calls (LD_PRELOAD)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, _: &Options) -> Claims {
        Claims::none(Clock::Exact)
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, &[Field::Exe, Field::Argv, Field::Ppid])
            .with(Kind::Exit, &[Field::Status])
    }

    fn privilege(&self) -> Privilege {
        Privilege::None
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        let open = |dir: &Path| {
            let way = nix::unistd::AccessFlags::W_OK | nix::unistd::AccessFlags::X_OK;
            owned_dir::may_execute(dir) && nix::unistd::access(dir, way).is_ok()
        };
        let mut missing: Vec<_> = contract::no_loader(install::TRIAL).into_iter().collect();
        let folders = owned_dir::temporary_folders();
        if !folders.iter().any(|dir| open(dir)) {
            let wanted = "a folder to put its library into and to load it from";
            let remedy = "set TMPDIR to one that can be written and is not mounted noexec";
            missing.push(Unavailable::new(wanted, remedy));
        }
        missing
    }

    fn buffer(&self, options: &Options) -> Buffer {
        ring::slots(options.size("ring")).map_or(Buffer::Unknown, |slots| Buffer::Bounded {
            capacity: slots * layout::SLOT as u64,
            unit: "bytes",
            least_per_event: layout::SLOT as u64,
        })
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let home = OwnDir::executable()?;
        let memory = OwnDir::new(&install::channel_parent())?;
        let library = home.library()?;
        trial::carries(&home, &memory, &library)?;
        let (path, file) = memory.channel("channel")?;
        let channel = Channel::new(path, file, session.options.size("ring"))?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        (session.ready)(&[
            ("LD_PRELOAD".into(), text(&library)),
            ("ROLLCALL_CHANNEL".into(), text(channel.path())),
        ])?;
        let stop: BorrowedFd<'_> = session.stop;
        let rest = session.options.duration("rest");
        let found = capture::run(&channel, rest, stop, &mut session.spool)?;
        channel.check()?;
        Ok(counters(&channel, &found))
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }

    fn recover(&self) -> Result<Recovered> {
        Ok(install::sweep())
    }
}

/// Another library for every program of the machine is respected, and worth knowing of.
fn counters(channel: &Channel, found: &capture::CaptureCounts) -> Counters {
    let reported_lost = [
        (RING_FULL, channel.dropped()),
        ("torn", found.torn),
        ("unfinished", found.unfinished),
    ];
    let global = u64::from(Path::new("/etc/ld.so.preload").exists());
    let pairs = |pairs: &[(&str, u64)]| {
        pairs
            .iter()
            .map(|&(name, n)| (name.to_owned(), n))
            .collect()
    };
    Counters {
        reported_lost: pairs(&reported_lost),
        notes: pairs(&[("ld_so_preload_files", global)]),
        buffer_peak: Some(found.peak * layout::SLOT as u64),
    }
}
