//! Marks every file system that is mounted.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

use contract::Result;
use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::sys::fanotify::{Fanotify, MarkFlags, MaskFlags};

const MOUNTS: &str = "/proc/self/mountinfo";

/// Asks for the events of each file system; how many refuse, as those do that cannot hold files.
pub(super) fn mark_all(group: &Fanotify) -> Result<u64> {
    let text = fs::read(MOUNTS).map_err(|why| format!("{MOUNTS}: {why}: mount /proc"))?;
    let (mut seen, mut unmarked, mut marked) = (HashSet::new(), 0, 0_u64);
    let how = MarkFlags::FAN_MARK_ADD | MarkFlags::FAN_MARK_FILESYSTEM;
    for (device, path) in text.split(|byte| *byte == b'\n').filter_map(parse) {
        if !seen.insert(device) {
            continue;
        }
        match group.mark(
            how,
            MaskFlags::FAN_OPEN_EXEC,
            AT_FDCWD,
            Some(path.as_os_str()),
        ) {
            Ok(()) => marked += 1,
            Err(why @ (Errno::EPERM | Errno::ENOSPC | Errno::ENOMEM)) => {
                return Err(format!("fanotify_mark: {why}: see harness doctor").into());
            }
            // Not a file system for files, or hidden below another mount, or gone by now.
            Err(_) => unmarked += 1,
        }
    }
    if marked == 0 {
        return Err("fanotify_mark: no file system takes the mark: use Linux 5.0 or later".into());
    }
    Ok(unmarked)
}

/// Device and place of a line: its third and its fifth word.
fn parse(line: &[u8]) -> Option<(&[u8], OsString)> {
    let mut words = line.split(|byte| *byte == b' ');
    let (device, place) = (words.nth(2)?, words.nth(1)?);
    Some((device, OsString::from_vec(plain(place))))
}

/// The kernel writes space, tab, newline and backslash as a backslash and three octal digits.
fn plain(place: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), place);
    while let Some((&byte, more)) = rest.split_first() {
        let digits = more.get(..3).filter(|_| byte == b'\\');
        let octal = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|octal| u8::from_str_radix(octal, 8).ok()) {
            Some(meant) => {
                out.push(meant);
                rest = &more[3..];
            }
            None => {
                out.push(byte);
                rest = more;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_device_and_place() {
        let line = br"36 35 98:0 /mnt1 /mnt\0402\134x rw,noatime master:1 - ext3 /dev/root rw";
        let (device, place) = parse(line).unwrap();
        assert_eq!((device, place.to_str()), (&b"98:0"[..], Some(r"/mnt 2\x")));
        assert_eq!(parse(b"36 35"), None);
    }
}
