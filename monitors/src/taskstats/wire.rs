//! The bytes of generic netlink as far as taskstats needs them: requests, and records of ended tasks.
//!
//! A message is a netlink header (16 bytes), a generic one (4) and attributes, each a length, a type
//! and so many bytes, in the machine's own byte order.

/// NETLINK_GENERIC.
pub(super) const PROTOCOL: u32 = 16;
/// More than the kernel has ever put into one: two records of 560 bytes.
pub(super) const ROOM: usize = 4096;
/// What is spoken before the family's own number is known.
pub(super) const CONTROL: u16 = 0x10;
pub(super) const GET_FAMILY: u8 = 3;
pub(super) const FAMILY_ID: u16 = 1;
pub(super) const FAMILY_NAME: u16 = 2;

pub(super) const GET: u8 = 1;
const NEW: u8 = 2;
pub(super) const OF_PID: u16 = 1;
pub(super) const REGISTER: u16 = 3;
pub(super) const DEREGISTER: u16 = 4;

const STATS: u16 = 3;
const AGGREGATE_PID: u16 = 4;

/// Where the fields lie, in every version since 12 but the 15th, which had others between them.
const EXIT_CODE: usize = 4;
const FLAG: usize = 8;
const PID: usize = 128;
const TGID: usize = 368;
const LAST_OF_GROUP: u8 = 0x20;

const HEAD: usize = 20;

/// Whether records of this version say what is asked of them, at the places known here.
pub(super) fn readable(version: u16) -> bool {
    version >= 12 && version != 15
}

/// A request with one attribute, to be acknowledged.
pub(super) fn request(family: u16, command: u8, attribute: u16, value: &[u8]) -> Vec<u8> {
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
    let mut bytes = vec![0; HEAD];
    bytes[4..6].copy_from_slice(&family.to_ne_bytes());
    bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
    bytes[16] = command;
    bytes[17] = 1;
    bytes.extend((4 + value.len() as u16).to_ne_bytes());
    bytes.extend(attribute.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let length = bytes.len() as u32;
    bytes[..4].copy_from_slice(&length.to_ne_bytes());
    bytes
}

/// The same request, answered only when it fails.
pub(super) fn unacknowledged(mut request: Vec<u8>) -> Vec<u8> {
    request[6..8].copy_from_slice(&(libc::NLM_F_REQUEST as u16).to_ne_bytes());
    request
}

/// The error number of an acknowledgement, 0 where all went well; `None` when it is none.
pub(super) fn acknowledged(bytes: &[u8]) -> Option<i32> {
    let kind = short(bytes, 4)?;
    (i32::from(kind) == libc::NLMSG_ERROR).then_some(())?;
    word(bytes, 16).map(|error| -error.cast_signed())
}

/// Whether it is of this family.
pub(super) fn is_of(family: u16, bytes: &[u8]) -> bool {
    short(bytes, 4) == Some(family)
}

/// The value of an attribute of a whole message.
pub(super) fn attribute(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    within(bytes.get(HEAD..)?, wanted)
}

/// What a record says of a task that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) version: u16,
    pub(super) thread: u32,
    pub(super) process: u32,
    pub(super) status: i32,
    /// Whether it was the last of its process.
    pub(super) last: bool,
}

/// Reads a message with a record; `None` when it is none.
pub(super) fn read(bytes: &[u8]) -> Option<Task> {
    (word(bytes, 0)? as usize == bytes.len() && *bytes.get(16)? == NEW).then_some(())?;
    let stats = within(attribute(bytes, AGGREGATE_PID)?, STATS)?;
    Some(Task {
        version: short(stats, 0)?,
        thread: word(stats, PID)?,
        process: word(stats, TGID)?,
        status: word(stats, EXIT_CODE)?.cast_signed(),
        last: stats.get(FLAG)? & LAST_OF_GROUP != 0,
    })
}

fn within(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(short(bytes, 0)?);
        // The kernel marks those that hold others in the two highest bits.
        let kind = short(bytes, 2)? & 0x3fff;
        let value = bytes.get(4..length)?;
        if kind == wanted {
            return Some(value);
        }
        bytes = bytes.get(length.next_multiple_of(4)..)?;
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let short = bytes.get(at..at + 2)?;
    short.try_into().ok().map(u16::from_ne_bytes)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    word.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A message of the kernel's about one task.
    pub(crate) fn message(task: Task) -> Vec<u8> {
        let mut stats = vec![0; 376];
        let mut put = |at: usize, bytes: &[u8]| stats[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &task.version.to_ne_bytes());
        put(EXIT_CODE, &task.status.to_ne_bytes());
        put(FLAG, &[if task.last { LAST_OF_GROUP } else { 0 }]);
        put(PID, &task.thread.to_ne_bytes());
        put(TGID, &task.process.to_ne_bytes());
        let nested = request(0, 0, STATS, &stats)[HEAD..].to_vec();
        request(31, NEW, AGGREGATE_PID, &nested)
    }

    #[test]
    fn what_is_put_in_comes_out_and_a_shorter_one_is_none() {
        let task = Task {
            version: 16,
            thread: 8,
            process: 7,
            status: 256,
            last: true,
        };
        let bytes = message(task);
        assert_eq!(read(&bytes), Some(task));
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), None);
        }
    }

    #[test]
    fn attributes_that_say_they_have_no_length_are_not_followed() {
        let mut bytes = request(31, NEW, OF_PID, &[0; 8]);
        bytes[HEAD..HEAD + 2].copy_from_slice(&[0, 0]);
        assert_eq!(attribute(&bytes, STATS), None);
    }
}
