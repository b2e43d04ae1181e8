//! What a file that is opened to be executed leads to.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt;

use contract::Result;
use nix::errno::Errno;
use nix::sys::uio::pread;

/// Which file the kernel opens next for the same exec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Leads {
    /// None: it is nothing that the kernel executes by itself.
    Nowhere = 0,
    /// An interpreter, and that is what runs.
    ToInterpreter = 1,
    /// None: this is what runs.
    Here = 2,
    /// A loader, for this, which is what runs.
    HereByLoader = 3,
}

impl Leads {
    /// The reverse of `as u8`.
    pub(super) fn of(byte: u8) -> Option<Self> {
        let all = [
            Self::Nowhere,
            Self::ToInterpreter,
            Self::Here,
            Self::HereByLoader,
        ];
        all.into_iter().find(|one| *one as u8 == byte)
    }
}

/// As much of a file as linkers put its program headers into: 35 of them.
const HEAD: usize = 2048;

const PT_INTERP: u32 = 3;

/// What the file leads to, and its path.
pub(super) fn look(file: BorrowedFd<'_>) -> Result<(Leads, Vec<u8>)> {
    let mut head = [0; HEAD];
    let length = loop {
        match pread(file, &mut head, 0) {
            Err(Errno::EINTR) => {}
            // It is gone from a network, say: nothing that will run.
            read => break read.unwrap_or(0),
        }
    };
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    let path = nix::fcntl::readlink(link.as_str()).map_err(|why| format!("{link}: {why}"))?;
    Ok((leads(&head[..length]), path.into_vec()))
}

/// What a file that begins with `head` leads to.
pub(super) fn leads(head: &[u8]) -> Leads {
    if head.starts_with(b"#!") {
        return Leads::ToInterpreter;
    }
    if !head.starts_with(b"\x7fELF") {
        return Leads::Nowhere;
    }
    let loader = headers(head).is_some_and(|mut types| types.any(|kind| kind == PT_INTERP));
    if loader {
        Leads::HereByLoader
    } else {
        Leads::Here
    }
}

/// The types of its program headers, of 64 or 32 bits, as far as `head` goes.
fn headers(head: &[u8]) -> Option<impl Iterator<Item = u32>> {
    let wide = *head.get(4)? == 2;
    let half = |at: usize| {
        let bytes = head.get(at..at + 2)?;
        Some(usize::from(u16::from_ne_bytes(bytes.try_into().ok()?)))
    };
    let word = |at: usize| {
        let bytes = head.get(at..at.checked_add(4)?)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    // The offset of the first is below 4 GiB in any file whose headers can be read here.
    let (first, size, count) = if wide { (32, 54, 56) } else { (28, 42, 44) };
    let (first, size, count) = (word(first)? as usize, half(size)?, half(count)?);
    let at = move |index: usize| first.checked_add(index.checked_mul(size)?);
    Some((0..count).map_while(move |index| word(at(index)?)))
}
