//! The monitors: one file or folder per technique, and here the only list of them.

pub mod accounting;
pub mod audit;
pub mod clock;
mod cpus;
mod ebpf;
mod facts;
mod fanotify;
mod initial;
mod kmod;
pub mod line;
mod netlink;
mod null;
mod perf;
mod preload;
mod proc;
mod procfs;
mod queue;
pub mod replay;
#[cfg(test)]
mod rig;
pub mod state;
mod taskstats;
mod threads;

use contract::Monitor;

/// Every monitor, in the order of every table.
pub fn all() -> &'static [&'static dyn Monitor] {
    &[
        &null::Null,
        &preload::Preload,
        &netlink::Netlink,
        &audit::Audit,
        &ebpf::Ebpf,
        &kmod::Kmod,
        &accounting::Accounting,
        &fanotify::Fanotify,
        &perf::Perf,
        &taskstats::Taskstats,
        &procfs::Procfs,
        &replay::Replay,
    ]
}

/// The monitor called `name`.
pub fn find(name: &str) -> Option<&'static dyn Monitor> {
    all().iter().copied().find(|monitor| monitor.name() == name)
}
