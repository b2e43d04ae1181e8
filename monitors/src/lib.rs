//! The monitors: one file or folder per technique, and here the only list of them.

pub mod audit;
pub mod clock;
mod ebpf;
mod kmod;
pub mod line;
mod netlink;
mod null;
mod preload;
pub mod replay;
pub mod state;

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
        &replay::Replay,
    ]
}

/// The monitor called `name`.
pub fn find(name: &str) -> Option<&'static dyn Monitor> {
    all().iter().copied().find(|monitor| monitor.name() == name)
}
