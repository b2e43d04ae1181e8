//! `results/coverage/README.md`.

use std::fmt::Write;

use crate::rows::Row;
use crate::run::Run;
use crate::stretches::{Share, Tally};

/// The page over these runs.
pub(crate) fn page(runs: &[Run], rows: &[Row], unlike: &[Tally], dealt: &[Tally]) -> String {
    let mut page = String::from(
        "# How often intervals hold the truth\n\n\
         `harness/scoring/tests/real_coverage` wrote this page from the runs here (`scripts/coverage`; no run is thrown away). \
         Each block has both nulls, a third `null` that is treated as a configuration (in truth 1.0), and a \
         monitor that keeps 5 % of every CPU busy. A thousand intervals of the third null come from contiguous \
         stretches of the runs, drawn with a fixed seed. Stretches overlap: the bounds in brackets are the exact \
         binomial ones of as many tries as there are stretches beside each other.\n\n",
    );
    for run in runs {
        let record = &run.record;
        let commit = record.commit.as_deref().unwrap_or("unknown");
        let planted = run.planted();
        let planted = planted
            .iter()
            .map(|(workload, ratio)| format!("{workload} {:+.1} %", (ratio - 1.0) * 100.0));
        let planted: Vec<String> = planted.collect();
        let _ = writeln!(
            page,
            "* run {}: {}, commit {}, {} blocks of {} workloads; the planted overhead over the whole run: {}",
            run.name,
            record.started,
            &commit[..commit.len().min(12)],
            run.blocks(),
            run.cells.len(),
            planted.join(", ")
        );
    }
    page.push_str(
        "\n| what ends a run | blocks, mean | half-width, mean (%) | hold 1 (%) | null against null hold 1 (%) | over all workloads hold 1 (%) | none told as none (%) | the planted overhead held (%) |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (name, tally) in rows {
        row(&mut page, name, tally);
    }
    names(&mut page, rows, dealt);
    neighbours(&mut page, rows, unlike);
    planted(&mut page, rows);
    if runs.len() > 1 {
        page.push_str("\nBy run, intervals of the third null that hold 1, at eight blocks:");
        for (run, share) in &rows[1].1.by_run {
            let _ = write!(page, " {run}: {};", text(*share));
        }
        page.push('\n');
    }
    page
}

/// What is left of it when a name of a null means nothing.
fn names(page: &mut String, rows: &[Row], dealt: &[Tally]) {
    page.push_str(
        "\nThe same runs with the names of each block's three nulls dealt out anew among them, by a seed: whatever could \
         make one null unlike another is gone, and the noise is as it was. These deals are independent of each other, and \
         so are worth more than the stretches are (%):\n",
    );
    for ((name, _), tally) in rows.iter().zip(dealt) {
        let _ = write!(page, "\n* {name}: hold 1 {}", text(tally.copy));
    }
    page.push('\n');
}

/// What it brings that the model takes neighbouring cells to be alike.
fn neighbours(page: &mut String, rows: &[Row], unlike: &[Tally]) {
    page.push_str(
        "\nThe same stretches, were neighbouring cells taken to be as unlike as any (%):\n",
    );
    for ((name, _), tally) in rows.iter().zip(unlike) {
        let width = tally.half_width() * 100.0;
        let _ = write!(
            page,
            "\n* {name}: half-width {width:.1} %, hold 1 {}",
            text(tally.copy)
        );
    }
    page.push('\n');
}

/// The power: the noise is that of the runs, the overhead is added to the third null's cells.
fn planted(page: &mut String, rows: &[Row]) {
    page.push_str(
        "\nPower: the same intervals of the third null, all its cells made longer by a known overhead, that are told as more (%). \
         Beside what 1.65 half-widths reach stands what Student's law promises of them: an overhead is a factor, whose \
         logarithm is less than itself.\n\n\
         | what ends a run | 1.65 half-widths | by Student's law | 3 % | 5 % | 10 % |\n|---|---:|---:|---:|---:|---:|\n",
    );
    for (name, tally) in rows {
        let [resolvable, known @ ..] = tally.planted.map(text);
        let (law, known) = (tally.by_law() * 100.0, known.join(" | "));
        let _ = writeln!(page, "| {name} | {resolvable} | {law:.1} | {known} |");
    }
}

fn row(page: &mut String, name: &str, tally: &Tally) {
    let _ = writeln!(
        page,
        "| {name} | {:.1} | {:.1} | {} | {} | {} | {} | {} |",
        tally.blocks(),
        tally.half_width() * 100.0,
        text(tally.copy),
        text(tally.pair),
        text(tally.overall),
        text(tally.quiet),
        text(tally.burning)
    );
}

fn text(share: Share) -> String {
    if share.all == 0 {
        return "-".into();
    }
    let (low, high) = share.bounds();
    format!(
        "{:.1} ({:.1} to {:.1}; n = {})",
        share.share() * 100.0,
        low * 100.0,
        high * 100.0,
        share.all
    )
}
