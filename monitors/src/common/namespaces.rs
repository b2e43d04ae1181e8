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

/// Those of `kinds` that are others here; `why` is why that matters.
pub(crate) fn missing(kinds: &[&str], why: &str) -> Vec<Unavailable> {
    let wanted = FIRST.iter().filter(|(kind, _)| kinds.contains(kind));
    // A kind of namespace that this kernel does not have cannot be another one.
    let other = wanted.filter(|(kind, first)| {
        fs::read_link(format!("/proc/self/ns/{kind}")).is_ok_and(|link| link.as_os_str() != *first)
    });
    let remedy = format!("run outside of containers, {why}");
    other
        .map(|(kind, _)| Unavailable::new(format!("the initial {kind} namespace"), &*remedy))
        .collect()
}
