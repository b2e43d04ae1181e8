//! Reads a summary, if it can be one: what is read from a file is not what was written there until its sums
//! hold. Each error names the place and both figures.

use std::path::Path;

use anyhow::{Context, Result, bail};
use contract::Kind;

use crate::cell::{Cell, KindScore};
use crate::comparison::{Comparison, Share};
use crate::loss_rate::Loss;
use crate::record::FORMAT;
use crate::slowdown::Slowdown;
use crate::summary::Summary;
use crate::thinned;

/// How far a rate may be from its quotient: JSON keeps all digits, a hand four.
const ROUNDED: f64 = 1e-4;

impl Summary {
    /// Reads `DIR/summary.json`. An error names it, and the figure in it that cannot be.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join("summary.json");
        let found = thinned::read(&path, dir)?;
        check(&found).with_context(|| {
            format!(
                "{}: cannot be: harness score makes it again",
                path.display()
            )
        })?;
        Ok(found)
    }
}

fn check(summary: &Summary) -> Result<()> {
    if summary.format != FORMAT {
        bail!("is of format {}, not {FORMAT}", summary.format);
    }
    summary.cells.iter().try_for_each(cell)?;
    summary.comparison.iter().try_for_each(comparison)?;
    for one in &summary.overhead {
        let place = format!("overhead of {}", one.configuration);
        one.slowdown
            .iter()
            .try_for_each(|it| slowdown(it, &place))?;
    }
    Ok(())
}

fn cell(cell: &Cell) -> Result<()> {
    let place = format!(
        "{} on {}, repetition {}",
        cell.configuration, cell.workload, cell.repetition
    );
    for (name, score) in &cell.kinds.0 {
        kind(*name, score, &place)?;
    }
    for (name, one) in &cell.ambiguous.0 {
        if one.reported > one.truths {
            bail!(
                "{place}: {} reported of {} ambiguous {name} events",
                one.reported,
                one.truths
            );
        }
    }
    if cell.unverified > cell.unrelated {
        bail!(
            "{place}: {} of {} unrelated events are unverified",
            cell.unverified,
            cell.unrelated
        );
    }
    Ok(())
}

fn kind(name: Kind, score: &KindScore, place: &str) -> Result<()> {
    let KindScore {
        truths,
        matched,
        missed,
        ..
    } = *score;
    if matched.checked_add(missed) != Some(truths) {
        bail!("{place}: {matched} matched and {missed} missed of {truths} {name} events");
    }
    Ok(())
}

fn comparison(one: &Comparison) -> Result<()> {
    let place = format!("{} on {}", one.configuration, one.workload);
    for (name, found) in &one.loss.0 {
        loss(found, &format!("{place}: {name}"))?;
    }
    for (field, found) in &one.correct.0 {
        let Share { share, low, high } = *found;
        ordered(
            [0.0, low, high, 1.0],
            &format!("{place}: {}", field.as_str()),
        )?;
        ordered(
            [0.0, share, 1.0, 1.0],
            &format!("{place}: {}", field.as_str()),
        )?;
    }
    one.slowdown.iter().try_for_each(|it| slowdown(it, &place))
}

fn loss(found: &Loss, place: &str) -> Result<()> {
    let (missed, truths) = (found.missed, found.truths);
    if missed > truths {
        bail!("{place}: {missed} missed of {truths}");
    }
    if (found.rate - missed as f64 / truths.max(1) as f64).abs() > ROUNDED {
        bail!(
            "{place}: {missed} missed of {truths} are no rate of {}",
            found.rate
        );
    }
    if found.repetitions_with_loss > found.repetitions {
        bail!(
            "{place}: {} of {} repetitions have loss",
            found.repetitions_with_loss,
            found.repetitions
        );
    }
    ordered([0.0, found.low, found.high, 1.0], place)?;
    let alone = found.if_independent;
    ordered([0.0, alone.low, alone.high, 1.0], place)
}

fn slowdown(found: &Slowdown, place: &str) -> Result<()> {
    if found.ratio < 0.0 {
        bail!("{place}: a slowdown of {}", found.ratio);
    }
    match found.low.zip(found.high) {
        Some((low, high)) => ordered([0.0, low, high, f64::INFINITY], place),
        None => Ok(()),
    }
}

fn ordered(all: [f64; 4], place: &str) -> Result<()> {
    let slack = |pair: &[f64]| pair[0] <= pair[1] + ROUNDED;
    if !all.windows(2).all(slack) {
        bail!("{place}: an interval from {} to {}", all[1], all[2]);
    }
    Ok(())
}
