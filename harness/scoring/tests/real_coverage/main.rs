//! Whether intervals of 95 % hold the truth on a real machine: `scripts/coverage` measured nulls against
//! nulls, and here intervals are taken from contiguous stretches of its runs, by the very code that makes
//! every other figure. `results/coverage/README.md` is what this test finds. After a new run:
//! `BLESS=1 cargo test --release -p rollcall-scoring --test real_coverage`, and read the diff.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod page;
mod rows;
mod run;
mod stretches;

use std::path::Path;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rows::{Row, judge, judge_dealt};
use run::Run;
use stretches::{Stretches, Tally};

/// So often the names of the nulls are dealt out anew. Each deal is a try of its own, whatever the noise was.
const DEALS: usize = 20;

/// So many blocks has a stretch that nothing else ends.
const FIXED: [u32; 3] = [3, 8, 14];

/// The same stretches' intervals when the names of nulls mean nothing.
fn dealt(runs: &[Run]) -> [Tally; 3] {
    let mut rng = StdRng::seed_from_u64(1);
    let each = (0..DEALS).flat_map(|_| runs);
    let deals: Vec<Run> = each.map(|run| run.dealt(&mut rng)).collect();
    let mut stretches = Stretches::new(&deals, 1);
    FIXED.map(|n| stretches.fixed(n))
}

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
    let mut rows: Vec<Row> = FIXED
        .map(|n| (format!("{n} blocks"), stretches.fixed(n)))
        .into();
    rows.extend([0.07, 0.05].map(|p| {
        let name = format!("a precision of {:.0} %", p * 100.0);
        (name, stretches.stopped(p))
    }));
    let apart: Vec<Run> = runs.iter().map(Run::apart).collect();
    let mut unlike = Stretches::new(&apart, 1);
    let unlike = FIXED.map(|n| unlike.fixed(n));
    let dealt = dealt(&runs);
    let page = page::page(&runs, &rows, &unlike, &dealt);
    let path = dir.join("README.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        page,
        "BLESS=1 cargo test --release -p rollcall-scoring --test real_coverage"
    );
    for (row, dealt) in rows.iter().zip(&dealt) {
        judge_dealt(&row.0, dealt);
    }
    for (name, tally) in &rows {
        judge(name, tally);
    }
}
