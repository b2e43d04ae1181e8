//! What is handed from one process to another comes out as it went in, and damage is seen.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use contract::{
    Arena, Cut, DetailsBuf, EventRef, Field, Fields, Kind, Ledger, Origin, Owned, Truth,
};
use proptest::prelude::*;

type Told = (Option<u32>, Option<i32>, Option<Vec<u8>>, Option<Vec<u8>>);

fn any_told() -> impl Strategy<Value = Told> {
    any::<Told>()
}

fn any_kind() -> impl Strategy<Value = Kind> {
    (0..3_usize).prop_map(|index| Kind::ALL[index])
}

fn shown(ledger: &Ledger) -> String {
    let text = |arena: &Arena, span: Option<contract::Span>| span.map(|s| arena.get(s).to_vec());
    let truths: Vec<_> = ledger
        .truths
        .iter()
        .map(|t| {
            let (exe, argv) = (
                text(&ledger.arena, t.fields.exe),
                text(&ledger.arena, t.fields.argv),
            );
            let times = (t.after, t.before, t.due, t.loose);
            (
                t.kind,
                t.pid,
                times,
                t.fields.ppid,
                t.fields.status,
                exe,
                argv,
                t.fields.cut,
                format!("{:?}", ledger.details(t)),
            )
        })
        .collect();
    format!("{truths:?} {:?}", ledger.owned)
}

/// Every other event has some.
fn details(pid: u32) -> DetailsBuf {
    let mut details = DetailsBuf::default();
    if pid % 2 == 1 {
        details.text(Field::Comm, b"a\n\xff");
        details.number(Field::Cgroup, pid);
    }
    details
}

fn ledger(truths: &[(Kind, u32, u64, u64, bool, Told)], owned: &[(u32, u64, u64)]) -> Ledger {
    let mut ledger = Ledger::default();
    for (kind, pid, after, before, loose, (ppid, status, exe, argv)) in truths {
        let fields = Fields {
            ppid: *ppid,
            status: *status,
            exe: exe.as_ref().map(|bytes| ledger.arena.push(bytes)),
            argv: argv.as_ref().map(|bytes| ledger.arena.push(bytes)),
            cut: Cut::default(),
            details: ledger.arena.push_details(details(*pid).details()),
        };
        ledger.truths.push(Truth {
            after: *after,
            before: *before,
            due: loose.then_some(after / 2),
            fields,
            pid: *pid,
            kind: *kind,
            loose: *loose,
        });
    }
    let owned = owned
        .iter()
        .map(|&(pid, from, until)| Owned { pid, from, until });
    ledger.owned = owned.collect();
    ledger
}

proptest! {
    #[test]
    fn a_ledger_comes_back_and_any_damage_is_seen(
        truths in prop::collection::vec(
            (any_kind(), any::<u32>(), any::<u64>(), any::<u64>(), any::<bool>(), any_told()), 0..8),
        owned in prop::collection::vec(any::<(u32, u64, u64)>(), 0..4),
        place in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let ledger = ledger(&truths, &owned);
        let mut bytes = ledger.encode();
        prop_assert_eq!(shown(&Ledger::decode(&bytes).unwrap()), shown(&ledger));
        prop_assert!(Ledger::decode(&bytes[..place.index(bytes.len())]).is_err());
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        prop_assert!(Ledger::decode(&bytes).is_err());
    }

    #[test]
    fn a_report_comes_back(
        kind in any_kind(), pid in any::<u32>(), happened in any::<u64>(), told in any_told(),
        (exe_cut, argv_cut, snapshot) in any::<(bool, bool, bool)>(),
    ) {
        let (ppid, status, exe, argv) = told;
        let details = details(pid);
        let report = EventRef {
            happened,
            ppid,
            status,
            exe: exe.as_deref(),
            argv: argv.as_deref(),
            cut: Cut { exe: exe_cut, argv: argv_cut },
            details: details.details(),
            origin: if snapshot { Origin::Snapshot } else { Origin::Live },
            ..EventRef::new(kind, pid, 77)
        };
        let mut bytes = Vec::new();
        report.encode(&mut bytes);
        let back = EventRef::decode(&bytes, 77).unwrap();
        prop_assert_eq!(format!("{back:?}"), format!("{report:?}"));
        prop_assert!(EventRef::decode(&bytes[..bytes.len() - 1], 77).is_err());
        bytes.push(0);
        prop_assert!(EventRef::decode(&bytes, 77).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _either = EventRef::decode(&bytes, 1);
        prop_assert!(Ledger::decode(&bytes).is_err());
    }
}
