//! Fields looked up in /proc, as they stand in a spool behind the event that they are of: each a tag
//! byte, a little-endian 32-bit length and so many bytes. One that was not to be had is not there.
//! Where nothing else tells the event, [`head`] does.

use contract::{Details, EventRef, Frame, Kind, Pid};

/// An event as a frame begins with it: a byte for the kind, the pid.
pub(crate) fn head(kind: Kind, pid: Pid) -> [u8; 5] {
    let [a, b, c, d] = pid.to_le_bytes();
    [kind as u8, a, b, c, d]
}

/// The event that a frame begins with, and what follows it; or what is wrong.
pub(crate) fn event<'a>(frame: Frame<'a>) -> Result<(EventRef<'a>, &'a [u8]), &'static str> {
    let (&[kind, a, b, c, d], rest) = frame
        .bytes
        .split_first_chunk::<5>()
        .ok_or("is shorter than its head")?;
    let kind = Kind::ALL.get(usize::from(kind));
    let kind = *kind.ok_or("is of no known kind")?;
    let pid = u32::from_le_bytes([a, b, c, d]);
    Ok((EventRef::new(kind, pid, frame.received), rest))
}

/// What a looked-up field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// Path, as /proc/PID/exe has it.
    Exe = 1,
    /// /proc/PID/cmdline.
    Argv = 2,
    /// The first part of a /proc/PID/cmdline that is longer than the buffer.
    ArgvCut = 3,
    /// Parent, a 32-bit number.
    Ppid = 4,
    /// Other fields, as [`contract::Details`] has them.
    Details = 5,
}

impl Tag {
    fn of(byte: u8) -> Option<Self> {
        [Tag::Exe, Tag::Argv, Tag::ArgvCut, Tag::Ppid, Tag::Details]
            .into_iter()
            .find(|tag| *tag as u8 == byte)
    }
}

/// Adds a field to `fields`.
pub(crate) fn keep(tag: Tag, bytes: &[u8], fields: &mut Vec<u8>) {
    fields.push(tag as u8);
    fields.extend((bytes.len() as u32).to_le_bytes());
    fields.extend(bytes);
}

/// Tells all the fields in `rest`; or what is wrong with them.
pub(crate) fn tell<'a>(mut rest: &'a [u8], report: &mut EventRef<'a>) -> Result<(), &'static str> {
    while !rest.is_empty() {
        let (tag, bytes) = next(&mut rest).ok_or("a field is cut off")?;
        match tag {
            Tag::Exe => report.exe = Some(bytes),
            Tag::Argv => report.argv = Some(bytes),
            Tag::ArgvCut => (report.argv, report.cut.argv) = (Some(bytes), true),
            Tag::Ppid => {
                let word = bytes.try_into().map(u32::from_le_bytes);
                report.ppid = Some(word.map_err(|_| "ppid is not 4 bytes")?);
            }
            Tag::Details => {
                let details = Details::read(bytes);
                report.details = details.map_err(|_| "details are no details")?;
            }
        }
    }
    Ok(())
}

/// Takes the next field off `rest`; `None` when what is there is none.
pub(crate) fn next<'a>(rest: &mut &'a [u8]) -> Option<(Tag, &'a [u8])> {
    let (head, body) = rest.split_first_chunk::<5>()?;
    let tag = Tag::of(head[0])?;
    let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let (bytes, after) = body.split_at_checked(length)?;
    *rest = after;
    Some((tag, bytes))
}
