//! Limits of this process that stand behind failures of anything: what failed is then not what is wrong, and
//! the remedy for it would send its reader elsewhere.

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

/// `text`, where a limit is behind it without the remedies for what failed by that.
pub(crate) fn remedied(text: &str) -> String {
    let limit = LIMITS.iter().find(|(cause, _)| text.contains(cause));
    match limit.filter(|(_, remedy)| !text.contains(remedy)) {
        None => text.to_owned(),
        Some((cause, remedy)) => {
            let what = text.split(": ").next().unwrap_or(text);
            format!("{what}: {cause}: {remedy}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_19_a_limit_has_one_remedy_whatever_failed_by_it() {
        let raise = "Too many open files: raise ulimit -n";
        for (text, due) in [
            (
                "a temporary folder cannot be made: set TMPDIR: Too many open files (os error 24)",
                format!("a temporary folder cannot be made: {raise}"),
            ),
            (
                "/proc: EMFILE: Too many open files: mount it",
                format!("/proc: {raise}"),
            ),
            (
                "fanotify: raise ulimit -n: Too many open files",
                String::new(),
            ),
            (
                "/x: Too many open files in system (os error 23): free it",
                "/x: Too many open files in system: raise fs.file-max".into(),
            ),
            (
                "/x: File too large (os error 27): use a writable folder",
                "/x: File too large: raise ulimit -f".into(),
            ),
            ("/x: No space left on device: free some", String::new()),
        ] {
            let due = if due.is_empty() { text.into() } else { due };
            assert_eq!(remedied(text), due);
        }
    }
}
