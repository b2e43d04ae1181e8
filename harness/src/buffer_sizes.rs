//! Sizes of buffers: which of them a sweep compares when none is named (what the kernel gives without
//! being asked, some sizes between, and the project's own, which is the plain name), and smaller ones
//! for a sustained cell.

use anyhow::Result;
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
    one.options.size_or_word(option(&one.label())?)
}

/// The options that size the buffers of a monitor, and the least that each is made.
const OPTIONS: &[(&str, &[(&str, u64)])] = &[
    ("preload", &[("ring", 16 << 10)]),
    ("netlink", &[("rcvbuf", 4 << 10)]),
    ("audit", &[("backlog", 64), ("rcvbuf", 4 << 10)]),
    ("ebpf", &[("ring", 4 << 10)]),
    ("kmod", &[("ring", 16 << 10)]),
    ("perf", &[("pages", 1)]),
    ("taskstats", &[("rcvbuf", 4 << 10)]),
];

/// The same with ever smaller buffers, each half of the one before; none where a size was given or
/// where there is no option for it.
pub(crate) fn smaller(one: &Configuration) -> Result<Vec<Configuration>> {
    let name = one.monitor.name();
    let options = OPTIONS.iter().find(|(monitor, _)| *monitor == name);
    let options = options.map_or(&[][..], |(_, options)| options);
    let sizes = options.iter().map(|&(option, _)| option);
    let given = one
        .options
        .given()
        .any(|(name, _)| sizes.clone().any(|size| size == name));
    if given || options.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for halvings in 1.. {
        let mut smaller = one.clone();
        for &(option, least) in options {
            let size = one.options.size_or_word(option).unwrap_or(0) >> halvings;
            if size < least {
                return Ok(all);
            }
            smaller = smaller.with(option, &words(size))?;
        }
        all.push(smaller);
    }
    Ok(all)
}

/// A size as options are given.
fn words(size: u64) -> String {
    match size {
        size if size % (1 << 20) == 0 => format!("{}M", size >> 20),
        size if size % (1 << 10) == 0 => format!("{}k", size >> 10),
        size => size.to_string(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select;

    fn of(label: &str) -> Vec<String> {
        let one = select::configuration(label).unwrap();
        let found = smaller(&one).unwrap();
        found.iter().map(Configuration::label).collect()
    }

    #[test]
    fn buffers_are_halved_until_they_are_small() {
        let found = of("ebpf");
        assert_eq!(found[..2], ["ebpf{ring=8M}", "ebpf{ring=4M}"]);
        assert_eq!(found.last().unwrap(), "ebpf{ring=4k}");
        assert_eq!(of("audit")[0], "audit{backlog=32k,rcvbuf=16M}");
        assert_eq!(
            of("netlink{lookup=never}")[0],
            "netlink{lookup=never,rcvbuf=16M}"
        );
    }

    #[test]
    fn a_size_that_was_given_is_kept() {
        assert!(of("ebpf{ring=1M}").is_empty());
        assert!(of("procfs").is_empty());
    }
}
