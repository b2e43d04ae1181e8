//! What a file that is opened to be executed next to.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use contract::Result;
use nix::errno::Errno;
use nix::sys::uio::pread;

/// What the kernel does next for the same exec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NextOpen {
    /// It opens another file, which is what runs, or fails: a script, another machine's code, a
    /// program that is cut off, anything that is no program.
    Elsewhere,
    /// It opens none: this is what runs.
    Here,
    /// It opens a loader for this, which is what runs. This one, by the path it is asked for.
    HereBy(Vec<u8>),
}

/// As much of a file as linkers put its program headers and its loader's name into.
const HEAD: usize = 2048;
const PT_INTERP: u32 = 3;
/// Codes of the machines whose programs this one runs by itself; empty: not known.
const MACHINES: &[u16] = if cfg!(target_arch = "x86_64") {
    &[62, 3]
} else if cfg!(target_arch = "aarch64") {
    &[183, 40]
} else {
    &[]
};

/// Looks into files, and remembers which file a loader's name stands for.
#[derive(Default)]
pub(super) struct Files(HashMap<Vec<u8>, Vec<u8>>);

impl Files {
    /// What the file next to, and its path. A loader is told by the path of its file.
    pub(super) fn look(&mut self, file: BorrowedFd<'_>) -> Result<(NextOpen, Vec<u8>)> {
        let head = read(file, 0, HEAD);
        let at = |offset: u64, length: usize| {
            let start = usize::try_from(offset).ok()?;
            let inside = start
                .checked_add(length)
                .and_then(|end| head.get(start..end));
            inside.map(<[u8]>::to_vec).or_else(|| {
                let bytes = read(file, offset, length);
                (bytes.len() == length).then_some(bytes)
            })
        };
        let mut next = next(&at).unwrap_or(NextOpen::Elsewhere);
        if let NextOpen::HereBy(loader) = &mut next {
            *loader = self.real(loader);
        }
        let link = format!("/proc/self/fd/{}", file.as_raw_fd());
        let path = nix::fcntl::readlink(link.as_str()).map_err(|why| format!("{link}: {why}"))?;
        Ok((next, path.into_vec()))
    }

    /// A loader's name is a link as a rule. It is looked up from here: for a process with another
    /// root it may be another file.
    fn real(&mut self, name: &[u8]) -> Vec<u8> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let real = std::fs::canonicalize(OsStr::from_bytes(name));
        let real = real.map_or_else(|_| name.to_vec(), |path| path.into_os_string().into_vec());
        self.0.insert(name.to_vec(), real.clone());
        real
    }
}

/// So many bytes, or as many as there are. What cannot be read (it is gone from a network, say) will
/// not run.
fn read(file: BorrowedFd<'_>, offset: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let offset = libc::off_t::try_from(offset).unwrap_or(libc::off_t::MAX);
    let length = loop {
        match pread(file, &mut bytes, offset) {
            Err(Errno::EINTR) => {}
            read => break read.unwrap_or(0),
        }
    };
    bytes.truncate(length);
    bytes
}

/// What a file next to of which `at` gives so many bytes from an offset; `None`: it is no program
/// that this machine runs by itself.
pub(super) fn next(at: &dyn Fn(u64, usize) -> Option<Vec<u8>>) -> Option<NextOpen> {
    let head = at(0, 52)?;
    if !head.starts_with(b"\x7fELF") {
        return None;
    }
    let wide = head[4] == 2;
    let head = if wide { at(0, 64)? } else { head };
    if !MACHINES.is_empty() && !MACHINES.contains(&half(&head, 18)) {
        return None;
    }
    // Where the program headers are, how long one is, how many there are.
    let (first, size, count) = if wide {
        (long(&head, 32), half(&head, 54), half(&head, 56))
    } else {
        (u64::from(word(&head, 28)), half(&head, 42), half(&head, 44))
    };
    if size != if wide { 56 } else { 32 } || count == 0 {
        return None;
    }
    let headers = at(first, usize::from(size) * usize::from(count))?;
    let mut headers = headers.chunks_exact(size.into());
    let Some(loader) = headers.find(|header| word(header, 0) == PT_INTERP) else {
        return Some(NextOpen::Here);
    };
    let (place, length) = if wide {
        (long(loader, 8), long(loader, 32))
    } else {
        (word(loader, 4).into(), word(loader, 16).into())
    };
    // The kernel takes no longer names either.
    let length = usize::try_from(length)
        .ok()
        .filter(|length| (2..=4096).contains(length))?;
    let mut name = at(place, length)?;
    name.truncate(name.iter().position(|byte| *byte == 0)?);
    Some(NextOpen::HereBy(name))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(std::array::from_fn(|place| bytes[at + place]))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(std::array::from_fn(|place| bytes[at + place]))
}
