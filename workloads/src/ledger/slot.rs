//! The layout of ledger.bin, the same as programs/ledger.h.

use contract::{Nanos, Pid};

pub(crate) const MAGIC: [u8; 8] = *b"rollcall";
pub(crate) const VERSION: u32 = 1;
pub(crate) const HEADER: usize = 256;
pub(crate) const SLOT: usize = 128;

/// Offsets in the header.
pub(crate) mod at {
    pub(crate) const VERSION: usize = 8;
    pub(crate) const SLOTS: usize = 12;
    pub(crate) const CAP: usize = 16;
    pub(crate) const USED: usize = 64;
    pub(crate) const STOP: usize = 192;
    pub(crate) const FAILED_ERRNO: usize = 196;
    pub(crate) const FAILED_SLOT: usize = 200;
}

pub(crate) const FORK: u32 = 1;
pub(crate) const EXEC: u32 = 2;
pub(crate) const EXIT: u32 = 4;
pub(crate) const LOOSE_FORK: u32 = 8;
pub(crate) const LOOSE_EXEC: u32 = 16;
pub(crate) const LOOSE_EXIT: u32 = 32;
pub(crate) const SPAWN: u32 = 64;
const KNOWN: u32 = 127;

/// One process and the program it ran: what its parent recorded, then what it recorded itself.
/// Times are 0 where nothing was stamped.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) fork_after: Nanos,
    pub(crate) fork_before: Nanos,
    pub(crate) exit_before: Nanos,
    pub(crate) pid: Pid,
    pub(crate) ppid: Pid,
    pub(crate) parent_slot: u32,
    pub(crate) program: u32,
    pub(crate) kinds: u32,
    pub(crate) status: i32,
    /// When it was to be made; 0 where there is no timetable.
    pub(crate) due: Nanos,
    pub(crate) spare_by_parent: u64,
    pub(crate) exec_after: Nanos,
    pub(crate) exec_before: Nanos,
    pub(crate) exit_after: Nanos,
    pub(crate) own_pid: Pid,
    pub(crate) own_ppid: Pid,
    pub(crate) code: i32,
    pub(crate) spare: u32,
    pub(crate) spare_by_process: [u64; 3],
}

const _: () = assert!(size_of::<Slot>() == SLOT);
const _: () = assert!(std::mem::offset_of!(Slot, exec_after) == 64);
const _: () = assert!(std::mem::offset_of!(Slot, exec_before) == 72);
const _: () = assert!(std::mem::offset_of!(Slot, code) == 96);

/// The little-endian numbers at the start of some bytes, one after another.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((head, tail)) = self.0.split_first_chunk() else {
            return [0; N];
        };
        self.0 = tail;
        *head
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }
}

impl Slot {
    /// The slot in `bytes`; any bytes are some slot.
    pub(crate) fn decode(bytes: &[u8; SLOT]) -> Self {
        let mut from = Numbers(bytes);
        // Fields are read in the order in which they are written here, which is theirs.
        Self {
            fork_after: from.u64(),
            fork_before: from.u64(),
            exit_before: from.u64(),
            pid: from.u32(),
            ppid: from.u32(),
            parent_slot: from.u32(),
            program: from.u32(),
            kinds: from.u32(),
            status: from.u32() as i32,
            due: from.u64(),
            spare_by_parent: from.u64(),
            exec_after: from.u64(),
            exec_before: from.u64(),
            exit_after: from.u64(),
            own_pid: from.u32(),
            own_ppid: from.u32(),
            code: from.u32() as i32,
            spare: from.u32(),
            spare_by_process: [from.u64(), from.u64(), from.u64()],
        }
    }

    /// Whether the flag is set.
    pub(crate) fn has(&self, kind: u32) -> bool {
        self.kinds & kind != 0
    }

    /// Whether a program that stamps nothing, a shell, made this process.
    fn by_shell(&self) -> bool {
        self.has(LOOSE_FORK)
    }

    /// What is wrong with it, as far as it shows without the other slots.
    pub(crate) fn flaw(&self) -> Option<String> {
        if self.kinds == 0 {
            return Some("was claimed, but its parent recorded no process".into());
        }
        if self.kinds & !KNOWN != 0 {
            return Some(format!("has kinds {:#x}", self.kinds));
        }
        if self.own_pid == 0 && !self.has(LOOSE_EXIT) {
            return Some("its process recorded nothing".into());
        }
        self.missing()
            .map(|field| format!("{field} was never stamped"))
            .or_else(|| self.wrong_order())
            .or_else(|| self.contradiction())
    }

    fn missing(&self) -> Option<&'static str> {
        let strict = |kind, loose| self.has(kind) && !self.has(loose);
        let required = [
            (self.has(FORK), self.fork_after, "fork_after"),
            (strict(FORK, LOOSE_FORK), self.fork_before, "fork_before"),
            (
                strict(EXEC, LOOSE_EXEC | SPAWN),
                self.exec_after,
                "exec_after",
            ),
            (strict(EXEC, LOOSE_EXEC), self.exec_before, "exec_before"),
            (strict(EXIT, LOOSE_EXIT), self.exit_after, "exit_after"),
            (self.has(EXIT), self.exit_before, "exit_before"),
        ];
        required
            .into_iter()
            .find(|&(required, stamp, _)| required && stamp == 0)
            .map(|(_, _, field)| field)
    }

    /// Stamps must not go back in time; those of two processes only where one waited for the other.
    fn wrong_order(&self) -> Option<String> {
        let own = [
            self.due,
            self.fork_after,
            self.exec_after,
            self.exec_before,
            self.exit_after,
            self.exit_before,
        ];
        let stamped = own.into_iter().filter(|&stamp| stamp != 0);
        let made = self.fork_before == 0 || self.fork_before >= self.fork_after;
        (!made || !stamped.is_sorted()).then(|| "its stamps go back in time".into())
    }

    /// Parent and process recorded the same things independently.
    fn contradiction(&self) -> Option<String> {
        let both = [
            ("pid", self.pid, self.own_pid),
            ("ppid", self.ppid, self.own_ppid),
        ];
        for (what, parents, own) in both {
            if parents != 0 && own != 0 && parents != own {
                return Some(format!(
                    "its parent recorded {what} {parents}, it recorded {own}"
                ));
            }
        }
        let reaped =
            self.has(EXIT) && !self.by_shell() && self.own_pid != 0 && self.exit_after != 0;
        (reaped && self.status != self.code << 8).then(|| {
            let Self { status, code, .. } = self;
            format!("it recorded exit code {code}, its parent got status {status:#x}")
        })
    }

    /// Its pid.
    pub(crate) fn pid(&self) -> Pid {
        if self.pid == 0 {
            self.own_pid
        } else {
            self.pid
        }
    }

    /// Its parent's pid.
    pub(crate) fn ppid(&self) -> Pid {
        if self.ppid == 0 {
            self.own_ppid
        } else {
            self.ppid
        }
    }

    /// The status it ended with.
    pub(crate) fn wait_status(&self) -> i32 {
        if self.by_shell() {
            self.code << 8
        } else {
            self.status
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_decoded(bytes in prop::collection::vec(any::<u8>(), SLOT)) {
            let bytes: [u8; SLOT] = bytes.try_into().unwrap();
            let slot = Slot::decode(&bytes);
            let _ = (slot.flaw(), slot.pid(), slot.ppid(), slot.wait_status());
            prop_assert_eq!(&slot.fork_after.to_le_bytes()[..], &bytes[..8]);
            prop_assert_eq!(&slot.code.to_le_bytes()[..], &bytes[96..100]);
        }
    }

    #[test]
    fn a_flaw_is_named() {
        let slot = Slot {
            fork_after: 1,
            fork_before: 4,
            exit_after: 3,
            exit_before: 5,
            pid: 7,
            own_pid: 7,
            ppid: 6,
            own_ppid: 6,
            code: 3,
            status: 3 << 8,
            kinds: FORK | EXIT,
            ..Slot::default()
        };
        assert_eq!(slot.flaw(), None);
        let with = |change: fn(&mut Slot)| {
            let mut slot = slot;
            change(&mut slot);
            slot.flaw().unwrap()
        };
        assert_eq!(with(|s| s.exit_before = 0), "exit_before was never stamped");
        assert_eq!(with(|s| s.fork_after = 4), "its stamps go back in time");
        assert_eq!(
            with(|s| s.own_ppid = 1),
            "its parent recorded ppid 6, it recorded 1"
        );
        assert_eq!(
            with(|s| s.status = 9),
            "it recorded exit code 3, its parent got status 0x9"
        );
        assert_eq!(with(|s| s.own_pid = 0), "its process recorded nothing");
        assert_eq!(
            with(|s| s.kinds = 0),
            "was claimed, but its parent recorded no process"
        );
    }
}
