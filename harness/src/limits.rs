//! What stands behind failures of anything, and has one remedy whatever failed by it: a limit of this process,
//! a full file system. The remedy for what failed would send its reader elsewhere.

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit};

/// Descriptors that a monitor, a workload and what is between them need on a small machine.
const DESCRIPTORS: u64 = 64;
/// What the kernel says of a limit, with what helps: when the machine has no descriptor left, when this process
/// has none, and when a file may not grow. The first begins like the second.
const LIMITS: [(&str, &str); 3] = [
    ("Too many open files in system", "raise fs.file-max"),
    ("Too many open files", "raise ulimit -n"),
    ("File too large", "raise ulimit -f"),
];
/// How a remedy begins that may stand before the cause.
const REMEDIES: [&str; 4] = ["set ", "use ", "free ", "name "];
const UNWRITTEN: &str = "cannot be written";
const FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// Why nothing can be looked at, let alone run, where so few descriptors may be open.
pub(crate) fn descriptors() -> Result<Option<String>> {
    let (most, _) = getrlimit(Resource::RLIMIT_NOFILE).context("getrlimit")?;
    let why = || {
        format!(
            "only {most} files may be open at once here: raise ulimit -n to {DESCRIPTORS} or more"
        )
    };
    Ok((most < DESCRIPTORS).then(why))
}

/// `text` with the remedy for the limit behind it in place of any other; and one for what cannot be written,
/// where it has none.
pub(crate) fn remedied(text: &str) -> String {
    let limit = LIMITS.iter().find(|(cause, _)| text.contains(cause));
    if let Some((cause, remedy)) = limit {
        return match text.contains(remedy) {
            true => text.to_owned(),
            false => replaced(text, cause, remedy),
        };
    }
    let bare =
        text.ends_with(')') && text.contains(" (os error ") || text.ends_with("regular file");
    let full = FULL.iter().any(|cause| text.contains(cause));
    match text.contains(UNWRITTEN) && bare {
        false => text.to_owned(),
        true if full => format!("{text}: free space there, or write elsewhere"),
        true => format!("{text}: name another place"),
    }
}

/// What failed, the cause, what else is said of it, and the remedy; without any other remedy.
fn replaced(text: &str, cause: &str, remedy: &str) -> String {
    let (before, after) = text.split_once(cause).unwrap_or((text, ""));
    let is_remedy = |part: &&str| REMEDIES.iter().any(|word| part.starts_with(word));
    let parts = before.split(": ").filter(|part| !is_remedy(part));
    let parts = parts.map(|part| part.split(", set ").next().unwrap_or(part));
    let before = parts.collect::<Vec<_>>().join(": ");
    // The number of the error says what the words say.
    let after = match after.strip_prefix(" (os error ") {
        Some(rest) => rest.split_once(')').map_or("", |(_, rest)| rest),
        None => after,
    };
    let told = after.rsplit_once(": ").map_or(after, |(told, _)| told);
    format!("{before}{cause}{told}: {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_19_a_limit_has_one_remedy_whatever_failed_by_it() {
        for (text, due) in [
            (
                "a folder cannot be made: set TMPDIR to one with space: Too many open files (os error 24)",
                "a folder cannot be made: Too many open files: raise ulimit -n",
            ),
            (
                "/x: no folder can be made in it, set TMPDIR: Too many open files (os error 24)",
                "/x: no folder can be made in it: Too many open files: raise ulimit -n",
            ),
            (
                "/proc: EMFILE: Too many open files: mount it",
                "/proc: EMFILE: Too many open files: raise ulimit -n",
            ),
            (
                "needs /x, which cannot be read (Too many open files (os error 24)): mount it",
                "needs /x, which cannot be read (Too many open files): raise ulimit -n",
            ),
            (
                "stdout: File too large (os error 27): 19 events not written: free space",
                "stdout: File too large: 19 events not written: raise ulimit -f",
            ),
            (
                "/x: Too many open files in system (os error 23): free it",
                "/x: Too many open files in system: raise fs.file-max",
            ),
        ] {
            assert_eq!(remedied(text), due);
            assert_eq!(remedied(due), due);
        }
    }

    #[test]
    fn kind_19_what_cannot_be_written_ends_in_what_to_do() {
        for (text, remedy) in [
            (
                "x: cannot be written: No space left on device (os error 28)",
                "free space there, or write elsewhere",
            ),
            (
                "x: cannot be written: Is a directory (os error 21)",
                "name another place",
            ),
            (
                "x: cannot be written: is a FIFO, not a regular file",
                "name another place",
            ),
        ] {
            assert_eq!(remedied(text), format!("{text}: {remedy}"));
        }
        let told = "x: cannot be written (y (os error 28)): free space on its file system";
        assert_eq!(remedied(told), told);
    }
}
