//! Whether process accounting and the ledger agree: pure.

use foldhash::{HashSet, HashSetExt};

use contract::{Ledger, Pid, Result};
use monitors::accounting::AcctRecord;
use scoring::LedgerLife;

/// Pid, parent, status, and whether it executed anything.
type Life = (Pid, Pid, i32, bool);

fn life(record: &AcctRecord) -> Life {
    (record.pid, record.ppid, record.status, record.executed)
}

/// The places of the records of the ledger's first process and of all that came from it, the last
/// first. Children end before their parents, so from the end each record tells whose the earlier
/// ones with its pid were. Only processes of the user `uid` are the workload's: a parent may be
/// killed together with its children, be accounted for before them, and its pid be the workload's
/// later.
pub(super) fn descendants(records: &[AcctRecord], ledger: &Ledger, uid: u32) -> Vec<usize> {
    let Some(first) = ledger.truths.iter().min_by_key(|truth| truth.after) else {
        return Vec::new();
    };
    // Of the workload's user is also what probes the monitor, and it may get the first's pid when that has ended.
    let parent = first.fields.ppid;
    let may_be_first = |record: &AcctRecord| {
        record.pid == first.pid && parent.is_none_or(|parent| record.ppid == parent)
    };
    let (mut ours, mut found) = (HashSet::new(), Vec::new());
    for (place, record) in records.iter().enumerate().rev() {
        let is_first = found.is_empty() && may_be_first(record);
        if record.uid == uid && (is_first || ours.contains(&record.ppid)) {
            ours.insert(record.pid);
            found.push(place);
        } else {
            ours.remove(&record.pid);
        }
    }
    found
}

/// The lives that the ledger tells of and that have ended.
fn lives(ledger: &Ledger) -> Vec<Life> {
    let truth = |place: u32| &ledger.truths[place as usize];
    let ended = |life: &LedgerLife| {
        let (fork, exit) = (truth(life.fork), truth(life.exit?));
        let executed = !life.execs.is_empty();
        Some((life.pid, fork.fields.ppid?, exit.fields.status?, executed))
    };
    scoring::lives(ledger).iter().filter_map(ended).collect()
}

/// Holds the workload's records against its ledger.
pub(super) fn agree(records: &[AcctRecord], ledger: &Ledger) -> Result<(), String> {
    let mut counted: Vec<Life> = records.iter().map(life).collect();
    let mut written = lives(ledger);
    // Both are nearly in order, of which only the stable sort makes use.
    counted.sort();
    written.sort();
    if counted == written {
        return Ok(());
    }
    let lacks = |all: &[Life], one: &&Life| all.binary_search(one).is_err();
    let differ = written.iter().find(|one| lacks(&counted, one));
    let differ = differ.or_else(|| counted.iter().find(|one| lacks(&written, one)));
    if let Some((pid, ..)) = differ {
        return Err(format!(
            "the cross-check disagrees: of process {pid} the ledger says {}, process accounting {}",
            words_of(*pid, &written),
            words_of(*pid, &counted)
        ));
    }
    if counted.len() != written.len() {
        let (written, counted) = (written.len(), counted.len());
        return Err(format!(
            "the cross-check disagrees: the ledger has {written} processes, process accounting {counted}"
        ));
    }
    Ok(())
}

fn words_of(pid: Pid, all: &[Life]) -> String {
    let found = all.iter().filter(|life| life.0 == pid);
    let found: Vec<_> = found.map(words).collect();
    if found.is_empty() {
        return "nothing".into();
    }
    found.join(", ")
}

fn words((_, ppid, status, executed): &Life) -> String {
    let executed = if *executed {
        "executed"
    } else {
        "not executed"
    };
    format!("child of {ppid}, {executed}, status {status}")
}

#[cfg(test)]
mod tests {
    use contract::{Fields, Kind, Truth};

    use super::*;

    const USER: u32 = 65534;

    fn record((pid, ppid, status, executed): Life) -> AcctRecord {
        AcctRecord {
            executed,
            status,
            uid: USER,
            pid,
            ppid,
            begun_s: 0,
            lived_ticks: 0.0,
        }
    }

    fn of_another_user(life: Life) -> AcctRecord {
        AcctRecord {
            uid: 1000,
            ..record(life)
        }
    }

    fn ledger(lives: &[Life]) -> Ledger {
        let mut ledger = Ledger::default();
        for (place, &(pid, ppid, status, ran)) in (1..).zip(lives) {
            let at = place * 1000;
            let mut write = |kind, after, fields| {
                ledger.truths.push(Truth {
                    after,
                    before: after + 5,
                    due: None,
                    fields,
                    pid,
                    kind,
                    loose: false,
                });
            };
            let (none, ppid) = (Fields::default(), Some(ppid));
            write(Kind::Fork, at, Fields { ppid, ..none });
            if ran {
                write(Kind::Exec, at + 100, none);
            }
            let status = Some(status);
            write(Kind::Exit, at + 200, Fields { status, ..none });
        }
        ledger
    }

    /// The first is the parent of the others; the last two share a pid.
    const LIVES: [Life; 4] = [
        (10, 9, 0, true),
        (11, 10, 256, true),
        (12, 10, 0, false),
        (11, 10, 9, false),
    ];

    /// The records that are found to be the workload's.
    fn found(records: &[AcctRecord]) -> Vec<AcctRecord> {
        let found = descendants(records, &ledger(&LIVES), USER);
        found.into_iter().map(|place| records[place]).collect()
    }

    #[test]
    fn what_agrees_is_confirmed_and_others_are_left_out() {
        // As the kernel writes: children first, and strangers between them.
        let stranger = (77, 1, 0, true);
        let all = [LIVES[1], stranger, LIVES[2], LIVES[3], LIVES[0]].map(record);
        let ours = found(&all);
        assert_eq!(ours.len(), 4);
        agree(&ours, &ledger(&LIVES)).unwrap();
    }

    #[test]
    fn children_of_a_stranger_with_a_reused_pid_are_left_out() {
        // A stranger had pid 10 before the workload's first process. Killed together with its child
        // it was accounted for first, so the child's parent seems to be the workload's.
        let stranger = of_another_user((10, 5, 9, true));
        let child = of_another_user((12, 10, 9, true));
        let ours = [LIVES[1], LIVES[2], LIVES[3], LIVES[0]].map(record);
        let all = [&[stranger, child][..], &ours].concat();
        let found = found(&all);
        assert_eq!(found.len(), 4, "{found:?}");
        agree(&found, &ledger(&LIVES)).unwrap();
        // Of the same user it could not be told, and the cell would fail.
        let same = [
            &[record((10, 5, 9, true)), record((12, 10, 9, true))][..],
            &ours,
        ]
        .concat();
        assert!(agree(&self::found(&same), &ledger(&LIVES)).is_err());
    }

    #[test]
    fn a_later_stranger_of_the_same_user_with_the_pid_of_the_first_is_left_out() {
        let all = [LIVES[1], LIVES[2], LIVES[3], LIVES[0], (10, 8, 0, true)].map(record);
        let found = found(&all);
        assert_eq!(found.len(), 4, "{found:?}");
        agree(&found, &ledger(&LIVES)).unwrap();
    }

    #[test]
    fn a_fork_that_was_begun_before_the_last_of_its_pid_ended_is_of_the_next() {
        let mut ledger = ledger(&LIVES);
        let mut of_11 = ledger.truths.iter_mut().filter(|truth| truth.pid == 11);
        let (exec, exit) = (of_11.nth(1).unwrap().after, of_11.next().unwrap().after);
        let next = of_11.next().unwrap();
        assert_eq!(next.kind, Kind::Fork);
        for begun in [exec - 1, exit - 1] {
            let mut waited = ledger.clone();
            let fork = |truth: &&mut Truth| truth.pid == 11 && truth.after > exit;
            waited.truths.iter_mut().find(fork).unwrap().after = begun;
            let mut expected = LIVES;
            expected.sort_unstable();
            let mut found = lives(&waited);
            found.sort_unstable();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn every_disagreement_is_named() {
        let says = |change: &dyn Fn(&mut Vec<Life>)| {
            let mut lives = LIVES.to_vec();
            change(&mut lives);
            let records: Vec<_> = lives.into_iter().map(record).collect();
            agree(&records, &ledger(&LIVES)).unwrap_err()
        };
        let lost = says(&|lives| lives.retain(|life| life.0 != 12));
        assert!(lost.contains("of process 12 the ledger says child of 10, not executed, status 0, process accounting nothing"), "{lost}");
        assert!(
            says(&|lives| lives.push((13, 10, 0, true)))
                .contains("of process 13 the ledger says nothing")
        );
        assert!(says(&|lives| lives[1].2 = 0).contains("status 256"));
        assert!(says(&|lives| lives[1].1 = 12).contains("child of 12"));
        assert!(says(&|lives| lives[2].3 = true).contains("process 12"));
        assert!(
            says(&|lives| lives.push(LIVES[0])).contains("has 4 processes, process accounting 5")
        );
    }
}
