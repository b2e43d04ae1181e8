//! `kmod`: a kernel module that puts hooks before the fork, exec and exit system calls.
//!
//! Hook point: entries of sys_call_table (`hook=table`), or ftrace at the beginning of the calls
//! themselves (`hook=ftrace`), on x86_64 and arm64. Minimum kernel: 5.10. Config: CONFIG_MODULES=y,
//! CONFIG_KALLSYMS=y, for ftrace CONFIG_DYNAMIC_FTRACE_WITH_REGS=y or
//! CONFIG_DYNAMIC_FTRACE_WITH_ARGS=y. Capability: CAP_SYS_MODULE. It
//! runs only on a machine that can be thrown away, see requirements.rs. Since 5.15.154, 6.1.85 and
//! 6.6.26 the kernel of x86_64 dispatches by a switch and not through the table: there the table hook loads
//! without an error and sees nothing.
//!
//! What it cannot see: processes ended by a signal (no call is made), 32-bit programs (a table of
//! their own), what the kernel starts itself. Where it drops: the module, when its ring is full
//! (`ring_full`).
//!
//! Who can blind it: whatever may load modules or set sysctls (interference.rs); a live watch looks twice a second.

mod decode;
mod interference;
mod module;
mod requirements;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;

use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Recovered, Result, Session, Unavailable,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::common::clock;
use interference::{EVERY, Guard};
use module::Module;

const DEVICE: &str = "/dev/rollcall";
/// Bytes taken with one read at most.
const MOST: u64 = 16 << 20;

pub(crate) struct Kmod;

impl Monitor for Kmod {
    fn name(&self) -> &'static str {
        "kmod"
    }

    fn about(&self) -> &'static str {
        "kernel module that hooks the fork, exec and exit system calls"
    }

    fn options(&self) -> &'static [OptionSpec] {
        &[
            OptionSpec {
                name: "hook",
                default: "table",
                kind: OptionKind::Word(&["table", "ftrace"]),
                about: "where: the system-call table, or ftrace at the calls themselves",
            },
            OptionSpec {
                name: "ring",
                default: "4M",
                kind: OptionKind::Size,
                about: "bytes between the hooks and the reader, a power of two",
            },
        ]
    }

    fn claims(&self, _: &Options) -> Claims {
        Claims::none(Clock::Exact)
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, &[Field::Exe, Field::Argv, Field::Ppid])
            .with(Kind::Exit, &[Field::Status])
    }

    fn missing(&self, options: &Options) -> Vec<Unavailable> {
        requirements::closed(options.word("hook"))
    }

    fn blind(&self, options: &Options) -> Result<Option<String>> {
        if Module.fires()? {
            return Ok(None);
        }
        let why = match (options.word("hook"), module::address("x64_sys_call")?) {
            ("table", Some(_)) => {
                "the hooks are in sys_call_table, but this kernel dispatches by a switch \
                 (x64_sys_call) and never looks there: use kmod{hook=ftrace}"
            }
            _ => "the hooks are in place, but calls do not come by them",
        };
        Ok(Some(why.into()))
    }

    /// The module's ring. The longest read is its highest fill.
    fn buffer(&self, options: &Options) -> Buffer {
        Buffer::Bounded {
            capacity: options.size("ring"),
            unit: "bytes",
            least_per_event: decode::HEAD as u64,
        }
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let hook = session.options.word("hook").to_owned();
        // Asked again where it matters: a lock is worth nothing if it can be walked around.
        if let Some(lock) = requirements::closed(&hook).first() {
            return Err(lock.clone().into());
        }
        let module = Module::load(&hook, session.options.size("ring"))?;
        let counters = watch(session, &module, &hook);
        // Out again also when watching failed; of two errors the first says more.
        let out = module.unload();
        let counters = counters?;
        out.map(|()| counters)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Records)
    }

    fn recover(&self) -> Result<Recovered> {
        if !module::loaded() {
            return Ok(Recovered::default());
        }
        module::unload()?;
        Ok(Recovered::done(vec![
            "unloaded the module that a killed run had left".into(),
        ]))
    }
}

fn watch(session: &mut Session<'_>, module: &Module, hook: &str) -> Result<Counters> {
    let mut counters = Counters::default();
    counters.notes.extend(dispatch(module, hook)?);
    let mut device = File::options()
        .read(true)
        .open(DEVICE)
        .map_err(|error| format!("{DEVICE}: {error}: see dmesg"))?;
    (session.ready)(&[])?;
    let ring = session.options.size("ring");
    let (mut buffer, mut peak) = (vec![0; usize::try_from(ring.min(MOST))?], 0);
    let mut guard = session
        .spool
        .is_live()
        .then(|| Guard::new(module))
        .transpose()?;
    while !stopped(session, &device)? {
        if let Some(guard) = &mut guard {
            guard.check()?;
        }
        loop {
            match drain(session, &mut device, &mut buffer)? {
                0 => break,
                length => peak = length.max(peak),
            }
        }
        session.spool.flush()?;
        if session.spool.due() {
            session.spool.lost("ring_full", module.count("dropped")?);
        }
    }
    // What is in the ring now; what others add meanwhile is not waited for.
    let mut left = ring;
    while left > 0 {
        match drain(session, &mut device, &mut buffer)? {
            0 => break,
            length => {
                left = left.saturating_sub(length);
                peak = length.max(peak);
            }
        }
    }
    session.spool.flush()?;
    counters
        .reported_lost
        .insert("ring_full".into(), module.count("dropped")?);
    counters
        .notes
        .insert("hooked_calls".into(), module.count("calls")?);
    counters.buffer_peak = Some(peak);
    Ok(counters)
}

/// What the canary tells. `table_dispatch` 0 means that this kernel does not look into the table:
/// the hooks are in it and no call comes by.
fn dispatch(module: &Module, hook: &str) -> Result<Vec<(String, u64)>> {
    let fires = u64::from(module.fires()?);
    let name = if hook == "table" {
        "table_dispatch"
    } else {
        "ftrace_fires"
    };
    let switch = u64::from(module::address("x64_sys_call")?.is_some());
    Ok(vec![
        (name.into(), fires),
        ("kernel_dispatches_by_switch".into(), switch),
    ])
}

/// Sleeps until there is something to read or it is time to stop; whether it is the latter.
fn stopped(session: &Session<'_>, device: &File) -> Result<bool> {
    let mut both = [
        PollFd::new(session.stop, PollFlags::POLLIN),
        PollFd::new(device.as_fd(), PollFlags::POLLIN),
    ];
    let limit = match session.spool.is_live() {
        true => PollTimeout::try_from(EVERY)?,
        false => PollTimeout::NONE,
    };
    match poll(&mut both, limit) {
        Ok(_) => Ok(both[0].any().unwrap_or(true)),
        Err(nix::Error::EINTR) => Ok(false),
        Err(errno) => Err(format!("poll {DEVICE}: {errno}").into()),
    }
}

/// Spools one read; how many bytes it gave, 0 when the ring is empty.
fn drain(session: &mut Session<'_>, device: &mut File, buffer: &mut [u8]) -> Result<u64> {
    match device.read(buffer) {
        Ok(length) => {
            session.spool.write(clock::now(), &buffer[..length])?;
            Ok(length as u64)
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock) => Ok(0),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(1),
        Err(error) => Err(format!("{DEVICE}: {error}: see dmesg").into()),
    }
}
