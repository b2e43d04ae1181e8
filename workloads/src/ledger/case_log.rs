//! Truths that a driver wrote down for others: what lies behind the slots of its ledger, the
//! same as `struct told` in programs/case.h.
//!
//! A driver makes its processes do things after which they cannot speak for themselves (they
//! are killed, have no pid of their own ledger's namespace, run a program that knows nothing), so
//! it writes when it has waited for them. Its windows are as wide as that, and so all are loose.

use contract::{Arena, Counts, Fields, Kind, Ledger, Owned, Truth};

/// Bytes of one before its words.
const HEAD: usize = 48;
const ALIGN: usize = 8;

/// Which of the fields are known.
const PPID: u32 = 1;
const STATUS: u32 = 2;
const EXE: u32 = 4;
const ARGV: u32 = 8;

/// The kind of what is no event: an id that was the workload's.
const OWNED: u32 = 3;

/// The numbers before the words of one truth.
struct Head {
    after: u64,
    before: u64,
    kind: u32,
    known: u32,
    pid: u32,
    ppid: u32,
    status: i32,
    exe: usize,
    argv: usize,
}

impl Head {
    fn decode(bytes: &[u8; HEAD]) -> Self {
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

    fn truth(&self, exe: &[u8], argv: &[u8], arena: &mut Arena) -> Truth {
        let knows = |field| self.known & field != 0;
        let fields = Fields {
            ppid: knows(PPID).then_some(self.ppid),
            status: knows(STATUS).then_some(self.status),
            exe: knows(EXE).then(|| arena.push(exe)),
            argv: knows(ARGV).then(|| arena.push(argv)),
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

/// All of them; an error says which is cut off or cannot be.
pub(crate) fn decode(mut bytes: &[u8]) -> Result<Ledger, String> {
    let mut ledger = Ledger::default();
    for number in 0_usize.. {
        let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() else {
            break;
        };
        let cut = || format!("truth {number} is cut off");
        let head = Head::decode(head);
        let (exe, rest) = rest.split_at_checked(head.exe).ok_or_else(cut)?;
        let (argv, rest) = rest.split_at_checked(head.argv).ok_or_else(cut)?;
        if let Some(flaw) = head.flaw() {
            return Err(format!("truth {number} (pid {}) {flaw}", head.pid));
        }
        if head.kind == OWNED {
            ledger.owned.push(Owned {
                pid: head.pid,
                from: head.after,
                until: head.before,
            });
        } else {
            let truth = head.truth(exe, argv, &mut ledger.arena);
            ledger.truths.push(truth);
        }
        let padding = (head.exe + head.argv).wrapping_neg() % ALIGN;
        bytes = rest.get(padding..).ok_or_else(cut)?;
    }
    if bytes.is_empty() {
        Ok(ledger)
    } else {
        Err("its last truth is cut off".into())
    }
}

/// Whether there are as many events as the definition says, and every process that did something
/// was waited for.
pub(crate) fn check(ledger: &Ledger, expected: Counts) -> Result<(), String> {
    for kind in Kind::ALL {
        let of = ledger.truths.iter().filter(|truth| truth.kind == kind);
        let (has, due) = (of.count() as u64, expected.of(kind));
        if has != due {
            return Err(format!("has {has} {kind}s where {due} are due"));
        }
    }
    Ok(())
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
    fn truths_and_owned_ids_come_back() {
        let both = [one(1, 7, b"/x\n\xff"), one(OWNED, 8, b"")].concat();
        let ledger = decode(&both).unwrap();
        assert_eq!((ledger.truths.len(), ledger.owned.len()), (1, 1));
        let truth = &ledger.truths[0];
        assert_eq!(ledger.arena.get(truth.fields.exe.unwrap()), b"/x\n\xff");
        assert_eq!(
            (truth.fields.status, truth.fields.ppid, truth.loose),
            (Some(9), None, true)
        );
        assert_eq!(
            check(&ledger, Counts([0, 2, 0])).unwrap_err(),
            "has 1 execs where 2 are due"
        );
    }

    #[test]
    fn what_cannot_be_is_named() {
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
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }
    }
}
