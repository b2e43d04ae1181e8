//! Counts of a record, cell by cell: events of one repetition hang together, so an interval is made of
//! the counts of repetitions and not of their sum.

use contract::{Field, Kind};
use scoring::record::{Experiment, Status};
use scoring::{Cell, Comparison, Summary, loss_test_ns, stats};

/// So many of so many, over repetitions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share {
    pub(crate) hits: u64,
    pub(crate) n: u64,
    /// The interval of the share behind it, over repetitions.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The same were hits to come one by one, each on its own.
    pub(crate) if_independent: (f64, f64),
}

impl Share {
    /// Of one pair of counts for each repetition; `None` of nothing.
    pub(crate) fn of(counts: &[(u64, u64)]) -> Option<Self> {
        let (hits, n) = stats::pool(counts);
        let (low, high) = stats::share(counts);
        (n > 0).then_some(Self {
            hits,
            n,
            low,
            high,
            if_independent: stats::binomial(hits, n),
        })
    }

    /// Of several, each with an interval of its own: the ends are the means of their ends, which is wider
    /// than it need be.
    pub(crate) fn together(all: &[Self]) -> Option<Self> {
        let (hits, n) = all
            .iter()
            .fold((0, 0), |sum, one| (sum.0 + one.hits, sum.1 + one.n));
        let mean = |end: fn(&Self) -> f64| {
            let sum: f64 = all.iter().map(|one| end(one) * one.n as f64).sum();
            sum / n as f64
        };
        (n > 0).then(|| Self {
            hits,
            n,
            low: mean(|one| one.low),
            high: mean(|one| one.high),
            if_independent: stats::binomial(hits, n),
        })
    }

    /// The interval, unless it says nothing.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        (self.low > 0.0 || self.high < 1.0).then_some((self.low, self.high))
    }

    pub(crate) fn rate(&self) -> f64 {
        self.hits as f64 / self.n as f64
    }
}

/// The measured rows of a configuration, in the order of the record.
pub(crate) fn measured<'a>(
    summary: &'a Summary,
    configuration: &'a str,
) -> impl Iterator<Item = &'a Comparison> {
    let all = summary.comparison.iter();
    all.filter(move |one| one.configuration == configuration && one.repetitions > 0)
}

/// The configurations with measured rows, in the order of the record; without `null`.
pub(crate) fn configurations(summary: &Summary) -> Vec<&str> {
    let names = summary.record.monitors.iter().map(|one| one.name.as_str());
    names
        .filter(|name| *name != "null" && measured(summary, name).next().is_some())
        .collect()
}

/// The cells that the loss of a row is taken from: those of the loss experiment where the workload has
/// any; all, where others missed something too.
pub(crate) fn loss_cells<'a>(summary: &'a Summary, row: &'a Comparison) -> Vec<&'a Cell> {
    let of_workload = |cell: &&Cell| cell.workload == row.workload;
    let is_loss = |cell: &Cell| cell.experiment == Experiment::Loss;
    let planned = summary.cells.iter().filter(of_workload).any(is_loss);
    let only_loss = planned && row.missed_elsewhere == 0;
    let own = summary
        .cells
        .iter()
        .filter(of_workload)
        .filter(|cell| cell.status == Status::Ok && cell.configuration == row.configuration);
    own.filter(|cell| !only_loss || is_loss(cell)).collect()
}

/// Events of these kinds that were missed in a row, as far as they are offered; `None` of nothing. The
/// intervals of the kinds are those of the record, which knows of a sustained cell slice by slice.
pub(crate) fn missed(summary: &Summary, row: &Comparison, kinds: &[Kind]) -> Option<Share> {
    let in_cells = |kind: Kind| {
        let cells = loss_cells(summary, row).into_iter();
        let scores = cells.filter_map(|cell| cell.kinds.get(kind).filter(|score| score.offered));
        let counts: Vec<_> = scores.map(|score| (score.missed, score.truths)).collect();
        Share::of(&counts)
    };
    let in_row = |kind: Kind| {
        let loss = row.loss.get(kind).filter(|loss| loss.truths > 0)?;
        Some(Share {
            hits: loss.missed,
            n: loss.truths,
            low: loss.low,
            high: loss.high,
            if_independent: (loss.if_independent.low, loss.if_independent.high),
        })
    };
    let shares = kinds.iter().filter_map(|&kind| match row.missed_elsewhere {
        0 => in_row(kind),
        _ => in_cells(kind),
    });
    Share::together(&shares.collect::<Vec<_>>())
}

/// Whether a row says anything of loss: it was tested, or something was missed.
pub(crate) fn tells_of_loss(summary: &Summary, row: &Comparison) -> bool {
    let missed = || missed(summary, row, &Kind::ALL);
    row.loss_tested || missed().is_some_and(|share| share.hits > 0)
}

/// What was reported of a field in a row, if it is offered, as what is not correct; `None` of nothing.
pub(crate) fn faults(summary: &Summary, row: &Comparison, field: Field) -> Option<Share> {
    let count = |cell: &Cell| {
        let score = cell.fields.get(field).filter(|score| score.offered);
        score.map_or((0, 0), |score| {
            let judged = score.judged();
            (judged - score.correct, judged)
        })
    };
    // Of all cells: a field is judged whatever the cell is for, and repetitions give an interval.
    let all = summary.cells.iter().filter(|cell| {
        let of = cell.stands_for.as_ref().unwrap_or(&cell.configuration);
        cell.workload == row.workload && *of == row.configuration && cell.status == Status::Ok
    });
    Share::of(&all.map(count).collect::<Vec<_>>())
}

/// Whether a field is offered in any row.
pub(crate) fn offers(rows: &[&Comparison], field: Field) -> bool {
    let mut scores = rows.iter().filter_map(|row| row.fields.get(field));
    scores.any(|score| score.offered)
}

/// Why no loss says nothing in a row where loss was not tested.
pub(crate) fn untested(summary: &Summary, row: &Comparison) -> String {
    let least_s = |cell: &Cell| {
        let capacity = cell.buffer.as_ref().and_then(|buffer| buffer.capacity);
        loss_test_ns(capacity) as f64 / 1e9
    };
    let short = |cell: &&&Cell| {
        let wall_s = cell.cost.wall_ms.map(|wall| wall / 1e3);
        wall_s.is_none_or(|wall| wall < least_s(cell))
    };
    let cells = loss_cells(summary, row);
    let short = cells.iter().find(short);
    short.map_or("fits in the buffer".into(), |cell| {
        format!("is shorter than {} s", least_s(cell))
    })
}
