//! The true events of a command: each of its processes forked and ended once, and executed where process
//! accounting says so; how often in all the counters say. In a pass with a supervisor each exec is known, with the
//! program and its arguments.

use std::collections::BTreeMap;
use std::path::Path;

use contract::{Counts, Fields, Kind, Ledger, Life, Nanos, Pid, Result, Truth};
use foldhash::{HashSet, HashSetExt};
use monitors::accounting::AcctRecord;
use scoring::record::read_json;

use super::counted::Counted;
use super::outcome::{FILE, Outcome};
use super::supervisor::{self, Exec};
use crate::cross_check::accounting::{KEPT, Kept};
use crate::cross_check::lives;

/// What the folder of a cell with a command says of its processes and of all others. Nothing is known of
/// either where the counters or process accounting could not be had. An error says which sources disagree.
pub(crate) fn read(dir: &Path) -> Result<(Ledger, Option<Vec<Life>>)> {
    let outcome: Outcome = read_json(&dir.join(FILE))?;
    let kept = Kept::read(dir)?;
    let (Some(counted), Some(kept)) = (outcome.counted, kept) else {
        return Ok((Ledger::default(), None));
    };
    let own = own(&kept, &outcome);
    let bad = |why: String| format!("{}: {why}: measure again", dir.join(KEPT).display());
    let executed = own.iter().filter(|&&place| kept.records[place].executed);
    let executed = executed.count() as u64;
    agree(counted, own.len() as u64, executed).map_err(bad)?;
    let mut ledger = Ledger::default();
    let execs = supervisor::read(dir)?;
    for &place in &own {
        let told = execs.is_some();
        let all = truths(&kept, place, &outcome);
        ledger
            .truths
            .extend(all.filter(|one| !told || one.kind != Kind::Exec));
    }
    match execs {
        Some(execs) => told(&execs, counted, (&kept, &own, &outcome), &mut ledger).map_err(bad)?,
        // Which of its processes executed more than one program nothing tells.
        None => ledger.ambiguous = Counts([0, counted.execs - executed, 0]),
    }
    Ok((
        ledger,
        Some(lives::others(&kept, |place| own.contains(&place))),
    ))
}

/// The execs that the supervisor wrote down, each of one of the command's processes.
fn told(
    execs: &[Exec],
    counted: Counted,
    (kept, own, outcome): (&Kept, &HashSet<usize>, &Outcome),
    ledger: &mut Ledger,
) -> Result<(), String> {
    if execs.len() as u64 != counted.execs {
        return Err(format!(
            "the sources disagree on the command's execs: perf counters {}, the supervisor of --argv {}",
            counted.execs,
            execs.len()
        ));
    }
    let lives: Vec<Life> = own
        .iter()
        .map(|&place| lives::ended(&kept.records[place], &kept.alive))
        .collect();
    for (place, exec) in execs.iter().enumerate() {
        let life = lives.iter().find(|life| {
            life.pid == exec.pid && life.from <= exec.after && exec.after <= life.until
        });
        let life = life.ok_or_else(|| {
            format!(
                "process {} executed a program and is not accounted for",
                exec.pid
            )
        })?;
        let (earlier, later) = (&execs[..place], &execs[place + 1..]);
        let same = |other: &&Exec| other.pid == exec.pid;
        // The process has stamped its call before the supervisor heard of it, and the kernel carries it out after that.
        let from = earlier
            .iter()
            .rfind(same)
            .map_or(0, |earlier| earlier.after);
        let after = from.max(life.from).max(outcome.began);
        let until = later
            .iter()
            .find(same)
            .map_or(outcome.over, |later| later.after);
        let before = until.min(life.until).min(outcome.over).max(exec.after);
        let fields = Fields {
            exe: Some(ledger.arena.push(&exec.exe)),
            argv: Some(ledger.arena.push(&exec.argv)),
            ..Fields::default()
        };
        ledger.truths.push(Truth {
            after,
            before,
            due: None,
            fields,
            pid: exec.pid,
            kind: Kind::Exec,
            loose: true,
        });
    }
    Ok(())
}

/// Holds the totals against the processes that are accounted for.
fn agree(counted: Counted, processes: u64, executed: u64) -> Result<(), String> {
    let Counted { forks, execs } = counted;
    let differ = |what: &str, counters: u64, accounting: u64| {
        Err(format!(
            "the sources disagree on the command's {what}: perf counters {counters}, process accounting {accounting}"
        ))
    };
    if forks != processes {
        return differ("processes", forks, processes);
    }
    if execs < executed {
        return differ("execs, at the least", execs, executed);
    }
    Ok(())
}

/// The places of the command's own records: those whose parent is the runner, and of these the children
/// and theirs. A parent takes in the orphans of its children only where it is their reaper, and that is one
/// of these processes too. A pid may have belonged to others before and after, so the lives of parent and
/// child have to overlap, as far as their times are known.
fn own(kept: &Kept, outcome: &Outcome) -> HashSet<usize> {
    let mut children: BTreeMap<Pid, Vec<usize>> = BTreeMap::new();
    for (place, record) in kept.records.iter().enumerate() {
        children.entry(record.ppid).or_default().push(place);
    }
    let (mut own, mut next) = (
        HashSet::new(),
        vec![(outcome.runner, outcome.began, outcome.over)],
    );
    while let Some((parent, from, until)) = next.pop() {
        for &place in children.get(&parent).into_iter().flatten() {
            let life = lives::ended(&kept.records[place], &kept.alive);
            let overlap = life.from <= until && from <= life.until;
            if overlap && own.insert(place) {
                next.push((life.pid, life.from, life.until));
            }
        }
    }
    own
}

/// The events of one process, each at any time of its life. Latency cannot be told from them.
fn truths(kept: &Kept, place: usize, outcome: &Outcome) -> impl Iterator<Item = Truth> + use<> {
    let record: AcctRecord = kept.records[place];
    let life = lives::ended(&record, &kept.alive);
    let after: Nanos = life.from.clamp(outcome.began, outcome.over);
    let before = life.until.clamp(after, outcome.over);
    let truth = move |kind, fields| Truth {
        after,
        before,
        due: None,
        fields,
        pid: record.pid,
        kind,
        loose: true,
    };
    let none = Fields::default();
    let status = Fields {
        status: Some(record.status),
        ..none
    };
    let exec = record.executed.then(|| truth(Kind::Exec, none));
    [
        Some(truth(Kind::Fork, none)),
        exec,
        Some(truth(Kind::Exit, status)),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests;
