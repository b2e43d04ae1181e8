//! The monitors: one file or folder per technique, and here the only list of them. Third-party
//! tools follow, from the definitions in `tools/` and from a user's own.

pub mod accounting;
pub mod audit;
mod common;
mod ebpf;
pub mod event_json;
mod fanotify;
mod kmod;
mod netlink;
mod null;
mod perf;
mod preload;
mod procfs;
mod ptrace;
pub mod replay;
mod taskstats;
#[cfg(test)]
mod test_support;
mod tools;
mod tracepoint_counter;

use std::path::Path;
use std::sync::OnceLock;

use contract::{Monitor, Result};

pub use common::process_stat::ProcessStat;
pub use common::{clock, descendants, host_lock, owned_dir};
pub use tracepoint_counter::TracepointCounter;

/// The project's own.
const OWN: &[&dyn Monitor] = &[
    &null::Null,
    &preload::Preload,
    &netlink::Netlink,
    &audit::Audit,
    &ebpf::Ebpf,
    &kmod::Kmod,
    &perf::Perf,
    &taskstats::Taskstats,
    &procfs::Procfs,
    &ptrace::Ptrace,
    &accounting::Accounting,
    &fanotify::Fanotify,
    &replay::Replay,
];

static ALL: OnceLock<Vec<&'static dyn Monitor>> = OnceLock::new();

/// Every monitor, in the order of every table.
pub fn all() -> &'static [&'static dyn Monitor] {
    // That the harness's own definitions can be read is what a test is for.
    ALL.get_or_init(|| together(tools::ours().unwrap_or_default()))
}

/// Adds the tools that are defined in `dir`. One that is called like a tool of the harness takes
/// its place. To be called before anything asks for the monitors.
pub fn add_tools(dir: &Path) -> Result<()> {
    let added = tools::within(dir)?;
    let mut names: Vec<_> = added.iter().map(|one| one.name()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|two| two[0] == two[1]);
    let own = OWN.iter().map(|one| one.name());
    let taken = own.into_iter().find(|name| names.contains(name));
    if let Some(name) = twice.map(|two| two[0]).or(taken) {
        let dir = dir.display();
        return Err(format!("{dir}: name: '{name}' is taken: call the tool something else").into());
    }
    let mut tools = tools::ours()?;
    tools.retain(|one| !names.contains(&one.name()));
    tools.extend(added);
    let late = |_| {
        "tools were added after monitors were asked for: this is a bug, please report it".into()
    };
    ALL.set(together(tools)).map_err(late)
}

fn together(tools: Vec<&'static dyn Monitor>) -> Vec<&'static dyn Monitor> {
    OWN.iter().copied().chain(tools).collect()
}

/// The monitor called `name`.
pub fn find(name: &str) -> Option<&'static dyn Monitor> {
    all().iter().copied().find(|monitor| monitor.name() == name)
}
