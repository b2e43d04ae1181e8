//! What a driver logged of the processes of its case: what lies behind the slots of its ledger, the
//! same as `struct log_entry` in programs/case_log.h.
//!
//! A driver makes processes do things after which they cannot record events themselves (they are
//! killed, do not know their own pid, run a program without a ledger), so it logs an event when it has
//! waited for the process. The windows are as wide as that, and so all events are loose.

use contract::{Arena, Counts, Details, Fields, Kind, Ledger, Owned, Truth};

/// Bytes of an entry before its exe and argv.
const ENTRY: usize = 48;
const ALIGN: usize = 8;

/// Which of the fields are known.
const PPID: u32 = 1;
const STATUS: u32 = 2;
const EXE: u32 = 4;
const ARGV: u32 = 8;

/// The kind of what is no event: an id that was the workload's.
const OWNED: u32 = 3;

/// The numbers at the start of an entry.
struct Entry {
    after: u64,
    before: u64,
    kind: u32,
    known: u32,
    pid: u32,
    ppid: u32,
    status: i32,
    exe: usize,
    argv: usize,
    details: usize,
}

impl Entry {
    fn decode(bytes: &[u8; ENTRY]) -> Self {
        let u32_at = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        Self {
            after: u64_at(0),
            before: u64_at(8),
            kind: u32_at(16),
            known: u32_at(20),
            pid: u32_at(24),
            ppid: u32_at(28),
            status: u32_at(32).cast_signed(),
            exe: u32_at(36) as usize,
            argv: u32_at(40) as usize,
            details: u32_at(44) as usize,
        }
    }

    fn flaw(&self) -> Option<&'static str> {
        if self.kind > OWNED || self.known > 15 {
            Some("is of no known kind")
        } else if self.pid == 0 {
            Some("is about pid 0")
        } else if self.after == 0 || self.after > self.before {
            Some("has a window that ends before it begins")
        } else {
            None
        }
    }

    fn truth(&self, exe: &[u8], argv: &[u8], details: Details<'_>, arena: &mut Arena) -> Truth {
        let knows = |field| self.known & field != 0;
        let fields = Fields {
            ppid: knows(PPID).then_some(self.ppid),
            status: knows(STATUS).then_some(self.status),
            exe: knows(EXE).then(|| arena.push(exe)),
            argv: knows(ARGV).then(|| arena.push(argv)),
            details: arena.push_details(details),
            ..Fields::default()
        };
        Truth {
            after: self.after,
            before: self.before,
            fields,
            pid: self.pid,
            kind: Kind::ALL[self.kind as usize],
            loose: true,
            due: None,
        }
    }
}

/// All entries; an error says which is cut off or impossible.
pub(super) fn decode(mut bytes: &[u8]) -> Result<Ledger, String> {
    let mut ledger = Ledger::default();
    for number in 0_usize.. {
        let Some((entry, rest)) = bytes.split_first_chunk::<ENTRY>() else {
            break;
        };
        let cut = || format!("entry {number} is cut off");
        let entry = Entry::decode(entry);
        let (exe, rest) = rest.split_at_checked(entry.exe).ok_or_else(cut)?;
        let (argv, rest) = rest.split_at_checked(entry.argv).ok_or_else(cut)?;
        let (details, rest) = rest.split_at_checked(entry.details).ok_or_else(cut)?;
        let details = Details::read(details).map_err(|why| format!("entry {number}: {why}"))?;
        if let Some(flaw) = entry.flaw() {
            return Err(format!("entry {number} (pid {}) {flaw}", entry.pid));
        }
        if entry.kind == OWNED {
            ledger.owned.push(Owned {
                pid: entry.pid,
                from: entry.after,
                until: entry.before,
            });
        } else {
            let truth = entry.truth(exe, argv, details, &mut ledger.arena);
            ledger.truths.push(truth);
        }
        let padding = (entry.exe + entry.argv + entry.details).wrapping_neg() % ALIGN;
        bytes = rest.get(padding..).ok_or_else(cut)?;
    }
    if bytes.is_empty() {
        Ok(ledger)
    } else {
        Err("its last entry is cut off".into())
    }
}

/// How many events of each kind it has.
pub(super) fn count(ledger: &Ledger) -> Counts {
    let of = |kind| ledger.truths.iter().filter(move |truth| truth.kind == kind);
    Counts(Kind::ALL.map(|kind| of(kind).count() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(kind: u32, pid: u32, exe: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(10_u64.to_le_bytes());
        bytes.extend(20_u64.to_le_bytes());
        for word in [kind, EXE | STATUS, pid, 0, 9, exe.len() as u32, 0, 0] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(exe);
        bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
        bytes
    }

    #[test]
    fn events_and_owned_ids_are_decoded() {
        let both = [one(1, 7, b"/x\n\xff"), one(OWNED, 8, b"")].concat();
        let ledger = decode(&both).unwrap();
        assert_eq!((ledger.truths.len(), ledger.owned.len()), (1, 1));
        let truth = &ledger.truths[0];
        assert_eq!(ledger.arena.get(truth.fields.exe.unwrap()), b"/x\n\xff");
        assert_eq!(
            (truth.fields.status, truth.fields.ppid, truth.loose),
            (Some(9), None, true)
        );
        assert_eq!(count(&ledger), Counts([0, 1, 0]));
    }

    #[test]
    fn an_impossible_entry_is_an_error_that_names_it() {
        assert!(
            decode(&one(4, 7, b""))
                .unwrap_err()
                .contains("no known kind")
        );
        assert!(decode(&one(1, 0, b"")).unwrap_err().contains("pid 0"));
        let whole = one(1, 7, b"/long/path");
        for length in 1..whole.len() {
            assert!(decode(&whole[..length]).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }
    }
}
