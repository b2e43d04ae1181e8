//! Which buffers a sweep compares when none is named: what the kernel gives without being
//! asked, some sizes between, and the project's own, which is the plain name.

use contract::Label;

use crate::select::Configuration;

/// A monitor, the option that sizes its buffer, and the labels to compare.
struct Ladder {
    monitor: &'static str,
    option: &'static str,
    options: &'static [&'static str],
}

/// `rcvbuf=kernel` is net.core.rmem_default, of which an explicit size gets twice as much;
/// `backlog=64` is the kernel's own queue, with `wait=0` the same without making anybody wait.
const LADDERS: &[Ladder] = &[
    Ladder {
        monitor: "preload",
        option: "ring",
        options: &["{ring=64k}", "{ring=1M}", ""],
    },
    Ladder {
        monitor: "netlink",
        option: "rcvbuf",
        options: &[
            "{rcvbuf=kernel}",
            "{rcvbuf=212992}",
            "{rcvbuf=1M}",
            "{rcvbuf=4M}",
            "",
        ],
    },
    Ladder {
        monitor: "audit",
        option: "backlog",
        options: &["{backlog=64}", "{backlog=64,wait=0}", "{backlog=1k}", ""],
    },
    Ladder {
        monitor: "ebpf",
        option: "ring",
        options: &["{ring=64k}", "{ring=1M}", ""],
    },
];

/// The labels to compare for a monitor of that name.
pub(crate) fn labels(monitor: &str) -> Vec<String> {
    let ladder = LADDERS.iter().find(|one| one.monitor == monitor);
    let options = ladder.map_or(&[""][..], |ladder| ladder.options);
    options
        .iter()
        .map(|options| format!("{monitor}{options}"))
        .collect()
}

/// The size of the buffer of `one`, where it has one and nothing else was given.
pub(crate) fn size(one: &Configuration) -> Option<u64> {
    one.options.size_or_kernel(option(&one.label())?)
}

/// The option that sizes the buffer of the monitor in `label`, when nothing else was given.
fn option(label: &str) -> Option<&'static str> {
    let Label {
        name,
        options: given,
    } = Label::parse(label)?;
    let ladder = LADDERS.iter().find(|one| one.monitor == name)?;
    let alone = given.iter().all(|(option, _)| *option == ladder.option);
    alone.then_some(ladder.option)
}
