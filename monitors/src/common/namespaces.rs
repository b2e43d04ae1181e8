//! Whether we are in the first namespaces: elsewhere the kernel means other pids or another clock, or
//! answers not at all.

use std::fs;

use contract::Unavailable;

/// Inode numbers the kernel has given the first namespaces since 3.8 (time: 5.6).
const FIRST: [(&str, &str); 3] = [
    ("user", "user:[4026531837]"),
    ("pid", "pid:[4026531836]"),
    ("time", "time:[4026531834]"),
];

/// The pid namespace, by its inode, where it is not the first one.
pub(crate) fn other_pids() -> Option<u64> {
    let link = fs::read_link("/proc/self/ns/pid").ok()?;
    let link = link.to_str()?;
    let number = link.strip_prefix("pid:[")?.strip_suffix(']')?;
    (link != FIRST[1].1).then(|| number.parse().ok())?
}

/// What is missing where the network namespace is not the first one; `why` is why that matters. Its number
/// was not fixed before Linux 6.17, so it is known by a setting that the kernel shows there alone, beside
/// one that it shows in each.
pub(crate) fn other_network(why: &str) -> Option<Unavailable> {
    let shown = |name| fs::exists(format!("/proc/sys/net/core/{name}")).unwrap_or(false);
    let other = shown("somaxconn") && !shown("netdev_max_backlog");
    let remedy = || format!("{}, {why}", remedy("net"));
    other.then(|| Unavailable::new("the initial network namespace", remedy()))
}

/// How a container comes to be in the namespace of that kind that the host itself is in.
pub(crate) fn remedy(kind: &str) -> &'static str {
    match kind {
        "pid" => {
            "run outside of containers, or in one with the host's pids (hostPID: true, --pid=host)"
        }
        "net" => {
            "run outside of containers, or in one with the host's network (hostNetwork: true, --network=host)"
        }
        _ => "run outside of containers",
    }
}

/// Those of `kinds` that are others here; `why` is why that matters.
pub(crate) fn missing(kinds: &[&str], why: &str) -> Vec<Unavailable> {
    let wanted = FIRST.iter().filter(|(kind, _)| kinds.contains(kind));
    // A kind of namespace that this kernel does not have cannot be another one.
    let other = wanted.filter(|(kind, first)| {
        fs::read_link(format!("/proc/self/ns/{kind}")).is_ok_and(|link| link.as_os_str() != *first)
    });
    other
        .map(|(kind, _)| {
            let remedy = format!("{}, {why}", remedy(kind));
            Unavailable::new(format!("the initial {kind} namespace"), remedy)
        })
        .collect()
}
