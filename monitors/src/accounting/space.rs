//! How much space the kernel wants to see before it keeps accounts, by its own rule and not by one of
//! ours (check_free_space in kernel/acct.c): it begins once the blocks that are available are at least
//! the first percent of all blocks, and pauses, at the next of its looks, once they are at most the
//! second. What a run will write is not known, so nothing is asked for it: a capture at whose end the
//! kernel writes no more fails, and says so.

use std::fs;
use std::path::Path;

use contract::Unavailable;
use nix::sys::statvfs::statvfs;

/// There only in a kernel that can keep accounts.
pub(super) const SETTINGS: &str = "/proc/sys/kernel/acct";

const REMEDY: &str = "free space there, or set lower percents (sysctl kernel.acct: begin at, pause at, seconds between \
                      two looks)";

/// Why the kernel would keep no accounts in a file in `dir`. `None` where it would, and where the kernel
/// does not show its settings, which has a reason of its own.
pub fn no_space(dir: &Path) -> Option<Unavailable> {
    let settings = fs::read_to_string(SETTINGS).ok()?;
    match statvfs(dir) {
        Ok(fs) => lacks(dir, fs.blocks(), fs.blocks_available(), &settings),
        Err(why) => Some(Unavailable::new(
            format!("to know how much space {} has ({why})", dir.display()),
            "see that the folder is there and may be looked at",
        )),
    }
}

/// The rule: `settings` is the line of [`SETTINGS`], the others count blocks of the file system of `dir`.
fn lacks(dir: &Path, blocks: u64, available: u64, settings: &str) -> Option<Unavailable> {
    let (dir, settings) = (dir.display(), settings.trim());
    let mut percents = settings.split_whitespace().map(str::parse::<u64>);
    let (Some(Ok(begin)), Some(Ok(pause))) = (percents.next(), percents.next()) else {
        let what = format!("percents in {SETTINGS}, which says '{settings}'");
        return Some(Unavailable::new(what, "sysctl -w kernel.acct='4 2 30'"));
    };
    if blocks == 0 {
        return Some(Unavailable::new(
            format!("a file system of {dir} with a size: the kernel reckons in percents of it"),
            "mount one there that has a limit, as tmpfs with size=",
        ));
    }
    let part = |percent: u64| blocks.saturating_mul(percent) / 100;
    if available >= part(begin) && available > part(pause) {
        return None;
    }
    let percent = available as f64 * 100.0 / blocks as f64;
    let what = format!(
        "more of the file system of {dir} available than {percent:.1} %: the kernel begins process accounting \
         at {begin} % and pauses it at {pause} % ({SETTINGS})"
    );
    Some(Unavailable::new(what, REMEDY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(blocks: u64, available: u64, settings: &str) -> Option<String> {
        lacks(Path::new("/x"), blocks, available, settings).map(|why| why.to_string())
    }

    #[test]
    fn the_percents_are_the_kernel_s_own() {
        // Debian's, and the whole numbers the kernel rounds down to.
        assert_eq!(said(1000, 40, "4\t2\t30\n"), None);
        let why = said(1000, 39, "4\t2\t30\n").unwrap();
        for part in ["/x", "3.9 %", "at 4 %", "at 2 %", "sysctl kernel.acct"] {
            assert!(why.contains(part), "{why}");
        }
        assert_eq!(said(99, 3, "4 2 30"), None);
        // At the percent at which it pauses it does not go on, whatever the other.
        assert!(said(1000, 20, "1 2 30").is_some());
        assert_eq!(said(1000, 21, "1 2 30"), None);
        assert_eq!(said(1000, 1, "0 0 30"), None);
        assert!(said(1000, 0, "0 0 30").is_some());
        // More than there can be.
        assert!(said(1000, 1000, "101 2 30").is_some());
        assert!(said(u64::MAX, 1, "4 2 30").is_some());
    }

    #[test]
    fn what_is_no_percent_and_no_size_is_named() {
        for line in ["", "4", "-1 2 30", "four two"] {
            let why = said(1000, 1000, line).unwrap();
            assert!(why.contains(line) && why.contains(SETTINGS), "{why}");
        }
        let why = said(0, 0, "4 2 30").unwrap();
        assert!(why.contains("size="), "{why}");
    }
}
