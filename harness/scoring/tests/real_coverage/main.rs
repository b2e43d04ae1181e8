//! Whether intervals of 95 % hold the truth on a real machine: `scripts/coverage` measured nulls against
//! nulls, and here intervals are taken from contiguous stretches of its runs, by the very code that makes
//! every other figure. `results/coverage/README.md` is what this test finds. After a new run:
//! `BLESS=1 cargo test --release -p rollcall-scoring --test real_coverage`, and read the diff.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod page;
mod run;
mod stretches;

use std::path::Path;

use run::Run;
use stretches::{Stretches, Tally};

/// Half-widths that a planted overhead has to be told at in nine of ten runs.
use scoring::overhead::power::RESOLVABLE_HALF_WIDTHS;

/// So many blocks has a stretch that nothing else ends.
const FIXED: [u32; 3] = [3, 8, 14];

#[test]
fn intervals_hold_the_truth_on_a_real_machine() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/coverage");
    let runs = Run::all(&dir);
    assert!(
        !runs.is_empty() && runs.len() <= 3,
        "{} runs in {}: scripts/coverage makes one",
        runs.len(),
        dir.display()
    );
    let mut stretches = Stretches::new(&runs, 1);
    let fixed: Vec<(u32, Tally)> = FIXED.map(|n| (n, stretches.fixed(n))).into();
    let stopped: Vec<(f64, Tally)> = [0.07, 0.05].map(|p| (p, stretches.stopped(p))).into();
    let apart: Vec<Run> = runs.iter().map(Run::apart).collect();
    let mut unlike = Stretches::new(&apart, 1);
    let unlike = FIXED.map(|n| unlike.fixed(n));
    let page = page::page(&runs, &fixed, &stopped, &unlike);
    let path = dir.join("README.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        page,
        "BLESS=1 cargo test --release -p rollcall-scoring --test real_coverage"
    );
    for (name, tally) in fixed
        .iter()
        .map(|(n, tally)| (format!("{n} blocks"), tally))
        .chain(
            stopped
                .iter()
                .map(|(p, tally)| (format!("precision {p}"), tally)),
        )
    {
        assert!(tally.copy.all >= 1000, "{name}: {tally:?}");
        let (_, high) = tally.copy.bounds();
        assert!(
            high >= 0.95,
            "{name}: holds the truth too seldom: {tally:?}"
        );
        let (_, high) = tally.quiet.bounds();
        assert!(high >= 0.95, "{name}: none is told as some: {tally:?}");
        let (_, high) = tally.planted[0].bounds();
        assert!(
            high >= tally.by_law(),
            "{name}: an overhead of {RESOLVABLE_HALF_WIDTHS} half-widths, added, is told too seldom: {tally:?}"
        );
        assert!(
            tally.planted[1..].is_sorted_by_key(|share| share.hits),
            "{name}: a larger overhead is told less often: {tally:?}"
        );
        let (_, high) = tally.told.bounds();
        assert!(
            tally.told.all == 0 || high >= tally.by_law(),
            "{name}: an overhead of {RESOLVABLE_HALF_WIDTHS} half-widths is told too seldom: {tally:?}"
        );
    }
}
