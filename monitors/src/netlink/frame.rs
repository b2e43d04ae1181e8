//! What one moment is in the spool: the datagram as it came, then what was looked up.
//!
//! Behind the datagram (its own first word gives its length) follow facts, each a tag byte, a
//! little-endian 32-bit length and so many bytes. A fact that was not to be had is not there.

/// What a looked-up fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    /// Path, as /proc/PID/exe has it.
    Exe = 1,
    /// /proc/PID/cmdline.
    Argv = 2,
    /// The first part of a /proc/PID/cmdline that is longer than the buffer.
    ArgvCut = 3,
    /// Parent, a 32-bit number.
    Ppid = 4,
}

impl Tag {
    fn of(byte: u8) -> Option<Self> {
        [Tag::Exe, Tag::Argv, Tag::ArgvCut, Tag::Ppid]
            .into_iter()
            .find(|tag| *tag as u8 == byte)
    }
}

/// The head of a fact of `length` bytes.
pub(super) fn head(tag: Tag, length: usize) -> [u8; 5] {
    let [a, b, c, d] = (length as u32).to_le_bytes();
    [tag as u8, a, b, c, d]
}

/// Takes the next fact off `rest`; `None` when what is there is none.
pub(super) fn next<'a>(rest: &mut &'a [u8]) -> Option<(Tag, &'a [u8])> {
    let (head, body) = rest.split_first_chunk::<5>()?;
    let tag = Tag::of(head[0])?;
    let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let (bytes, after) = body.split_at_checked(length)?;
    *rest = after;
    Some((tag, bytes))
}
