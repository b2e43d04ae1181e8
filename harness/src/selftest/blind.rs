//! Blind windows that are due: a gap and a backfill are planted, and what the report must say is worked out
//! from the ledger by hand.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Error, Result};
use contract::{Kind, Ledger, Nanos, Spool, Truth};
use monitors::replay::{self, Faults, Figures, plant};
use serde_json::to_value;

use super::case::Case;
use super::expectation::Due;
use super::planted_ledger::read;
use super::synthetic;
use crate::{scorer, select};
use scoring::record::{CellRun, Experiment, Start, write_json};

/// Each is planted in a ledger of long and short lives.
const FAULTS: [&str; 5] = [
    "gap=1",
    "gap=300000",
    "gap=300000,backfill=1",
    "gap=300000,backfill=0.5,repeat=0.2",
    "gap=420500,backfill=0.9,repeat=1,offer=exit",
];

/// Plants all of them below `dir`.
pub(crate) fn examine(dir: &Path, seed: u64) -> Result<Vec<Case>> {
    let ledger = synthetic::sleepers();
    let cases = FAULTS.iter().enumerate();
    let cases =
        cases.map(|(place, faults)| case(&ledger, &dir.join(place.to_string()), (faults, seed)));
    cases.collect()
}

fn case(ledger: &Ledger, dir: &Path, (faults, seed): (&str, u64)) -> Result<Case> {
    let configuration = select::configuration(&format!("replay{{{faults}}}"))?;
    let options = Faults::of(&configuration.options);
    let planted = plant(ledger, &options, seed);
    let times = |of: fn(&Truth) -> Nanos| ledger.truths.iter().map(of);
    let first = times(|truth| truth.after)
        .min()
        .context("an empty ledger")?;
    let run = CellRun {
        experiment: Experiment::Blind,
        starts: vec![Start {
            after: Start::AFTER[0].into(),
            spawned_ns: first,
            ready_ns: first,
            ended_ns: times(|truth| truth.before).max().unwrap_or(first) + 1,
        }],
        ..CellRun::nothing("blind/made", &configuration.label())
    };
    let told = dir.join(Start::folder(0));
    fs::create_dir_all(&told).with_context(|| format!("{}: cannot be made", told.display()))?;
    fs::write(dir.join(replay::TRUTHS), ledger.encode())?;
    let mut spool = Spool::new(File::create(told.join("spool.bin"))?)?;
    replay::spool(&planted.journal, &mut spool).map_err(Error::new)?;
    write_json(&dir.join("cell.json"), &run)?;
    let found = to_value(scorer::cell_with(dir, read)?.cell)?;
    let mut wrong = Vec::new();
    let over = first + options.gap;
    let due = Due::map([("nothing", gap(ledger, &planted.figures, (first, over)))]);
    due.check(&found["gap_ms"], "gap_ms", &mut wrong);
    snapshot(ledger, &planted.figures).check(&found["snapshot"], "snapshot", &mut wrong);
    Ok(Case {
        name: format!("blind windows under {}", configuration.label()),
        faults: wrong,
    })
}

/// Whether the process of this fork runs between these times.
fn runs(ledger: &Ledger, fork: &Truth, (from, until): (Nanos, Nanos)) -> bool {
    let exits = ledger.truths.iter().filter(|one| one.kind == Kind::Exit);
    let mut own = exits.filter(|one| one.pid == fork.pid);
    fork.before <= from && own.all(|exit| exit.after >= until)
}

/// Forks with their places. No pid of the ledger comes twice.
fn forks(ledger: &Ledger) -> impl Iterator<Item = (usize, &Truth)> {
    let all = ledger.truths.iter().enumerate();
    all.filter(|(_, truth)| truth.kind == Kind::Fork)
}

fn gap(ledger: &Ledger, planted: &Figures, (first, over): (Nanos, Nanos)) -> Due {
    let offered = |truth: &&Truth| planted.kinds[truth.kind as usize].offered;
    let all = || ledger.truths.iter().filter(offered);
    let ends = Kind::ALL.map(|kind| {
        let told = all().filter(|truth| truth.kind == kind && truth.after >= over);
        told.map(|truth| truth.before).min().unwrap_or(0)
    });
    let ends = ends.into_iter().max().unwrap_or(0);
    let unseen = all().filter(|truth| truth.after < over).count();
    let at = planted.lines.iter().map(|line| line.received).max();
    let at = at.unwrap_or(ends).max(ends);
    let (mut running, mut unknown) = (0, 0);
    for (place, fork) in forks(ledger).filter(|(_, fork)| runs(ledger, fork, (at, at))) {
        running += 1;
        let lines = planted.lines.iter().map(|line| line.fork as usize);
        let live = all()
            .any(|truth| truth.pid == fork.pid && truth.kind != Kind::Exit && truth.after >= over);
        unknown += i32::from(!live && lines.into_iter().all(|line| line != place));
    }
    Due::map([
        ("ms", Due::Near((ends - first) as f64 / 1e6)),
        ("unseen", Due::just(unseen)),
        ("missed_after", Due::just(0)),
        ("running", Due::just(running)),
        ("unknown", Due::just(unknown)),
    ])
}

fn snapshot(ledger: &Ledger, planted: &Figures) -> Due {
    let received = || planted.lines.iter().map(|line| line.received);
    let exits = ledger.truths.iter().filter(|one| one.kind == Kind::Exit);
    let ended = exits.map(|one| one.after).min().unwrap_or(0);
    let span = (
        received().min().unwrap_or(ended),
        received().max().unwrap_or(ended),
    );
    let told = |place: usize| planted.lines.iter().any(|line| line.fork as usize == place);
    let live = |pid: u32| {
        let own = planted.delivered.iter().filter_map(|event| event.truth);
        let mut own = own.map(|place| &ledger.truths[place as usize]);
        own.any(|truth| truth.pid == pid && truth.kind != Kind::Exit)
    };
    let running: Vec<_> = forks(ledger)
        .filter(|(_, fork)| runs(ledger, fork, span))
        .collect();
    let known = running
        .iter()
        .filter(|(place, fork)| told(*place) || live(fork.pid));
    let lines = planted.lines.iter().filter(|line| !line.again).count();
    Due::map([
        ("running", Due::just(running.len())),
        ("known", Due::just(known.count())),
        ("duplicates", Due::just(planted.lines.len() - lines)),
        ("false_positives", Due::just(0)),
        ("unrelated", Due::just(0)),
        // exe, argv and ppid of each: all have executed.
        ("correct", Due::just(3 * lines)),
        ("wrong", Due::just(0)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_gaps_and_backfills_are_reported_exactly() {
        let dir = tempfile::tempdir().unwrap();
        for case in examine(dir.path(), 7).unwrap() {
            assert_eq!(case.faults, [""; 0], "{}", case.name);
        }
        let ledger = synthetic::sleepers();
        let label = format!("replay{{{}}}", FAULTS[3]);
        let options = Faults::of(&select::configuration(&label).unwrap().options);
        let planted = plant(&ledger, &options, 7).figures;
        assert!(planted.lines.iter().filter(|line| line.again).count() > 10);
        assert!(planted.kinds[0].missed > 100 && planted.kinds[0].matched > 100);
    }
}
