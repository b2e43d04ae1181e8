//! The layout of the channel and of its records: the other half of hook/rollcall.h, which asserts
//! the same numbers when it is compiled.

use contract::Malformed;

pub(super) const MAGIC: &[u8; 8] = b"RCPRELD1";
pub(super) const SLOT: usize = 256;
/// A slot's state word, which stays in the channel; its record follows.
pub(super) const STATE: usize = 8;
/// A record before its data.
pub(super) const RECORD: usize = 32;
pub(super) const DATA: usize = SLOT - STATE - RECORD;
/// Where the slots begin.
pub(super) const HEAD: usize = 65536;
/// What of the head is used; the rest stays a hole, see hook/rollcall.h.
pub(super) const HEAD_USED: usize = 4096;
pub(super) const SLOTS_AT: usize = 8;
pub(super) const SLOT_BYTES_AT: usize = 12;
pub(super) const CLOSED_AT: usize = 16;
pub(super) const HEAD_AT: usize = 64;
pub(super) const DROPPED_AT: usize = 128;
pub(super) const SLEEPING_AT: usize = 192;
/// Where `used` lies in a record.
const USED_AT: usize = 30;

/// A slot's state: lap, thread, part of its record, and tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(pub(super) u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Free,
    Busy,
    Ready,
}

impl State {
    pub(super) fn free(lap: u64) -> State {
        State(lap << 32)
    }

    pub(super) fn lap(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(super) fn thread(self) -> u32 {
        (self.0 >> 10) as u32 & ((1 << 22) - 1)
    }

    pub(super) fn part(self) -> u32 {
        (self.0 >> 2) as u32 & 0xff
    }

    /// What is written there is no state at all only when a program wrote over the channel;
    /// such a slot is treated as one whose writer never finishes.
    pub(super) fn tag(self) -> Tag {
        match self.0 & 3 {
            0 => Tag::Free,
            2 => Tag::Ready,
            _ => Tag::Busy,
        }
    }
}

/// How many bytes of a slot's record are in use.
pub(super) fn length(record: &[u8; SLOT - STATE]) -> usize {
    let used = u16::from_le_bytes([record[USED_AT], record[USED_AT + 1]]);
    RECORD + usize::from(used).min(DATA)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RecordKind {
    Fork,
    Attempt,
    Retract,
    Image,
    Spawn,
    Exit,
}

pub(super) const EXE: u8 = 1;
pub(super) const EXE_CUT: u8 = 2;
pub(super) const ARGV: u8 = 4;
pub(super) const ARGV_CUT: u8 = 8;
pub(super) const VFORK: u8 = 16;

/// One part of a record as it lies in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) happened: u64,
    pub(super) pid: u32,
    pub(super) tid: u32,
    pub(super) ppid: u32,
    pub(super) status: i32,
    pub(super) sort: RecordKind,
    pub(super) flags: u8,
    pub(super) part: u8,
    pub(super) parts: u8,
    pub(super) exe_bytes: u16,
    pub(super) data: &'a [u8],
}

impl<'a> Record<'a> {
    /// Takes the first record off `bytes`.
    pub(super) fn take(bytes: &mut &'a [u8]) -> Result<Record<'a>, Malformed> {
        let (head, rest) = bytes
            .split_first_chunk::<RECORD>()
            .ok_or_else(|| Malformed("preload: a record is cut off in its head".into()))?;
        let used = usize::from(u16::from_le_bytes([head[USED_AT], head[USED_AT + 1]]));
        if used > DATA || used > rest.len() {
            return Err(Malformed(
                "preload: a record is longer than its slot".into(),
            ));
        }
        let word =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (data, rest) = rest.split_at(used);
        *bytes = rest;
        Ok(Record {
            happened: u64::from(word(0)) | u64::from(word(4)) << 32,
            pid: word(8),
            tid: word(12),
            ppid: word(16),
            status: word(20) as i32,
            sort: sort(head[24])?,
            flags: head[25],
            part: head[26],
            parts: head[27],
            exe_bytes: u16::from_le_bytes([head[28], head[29]]),
            data,
        })
    }
}

fn sort(code: u8) -> Result<RecordKind, Malformed> {
    Ok(match code {
        1 => RecordKind::Fork,
        2 => RecordKind::Attempt,
        3 => RecordKind::Retract,
        4 => RecordKind::Image,
        5 => RecordKind::Spawn,
        6 => RecordKind::Exit,
        _ => {
            return Err(Malformed(format!(
                "preload: there is no record of kind {code}"
            )));
        }
    })
}
