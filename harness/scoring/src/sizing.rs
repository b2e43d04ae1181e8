//! How large a buffer must be: from the highest fill that each sustained cell had, and the rate at which it had it.
//!
//! What lies in a buffer is what has come since its reader last looked: the rate times the reader's longest
//! absence. So the fill divided by the rate is a property of the reader, and times another rate it is the fill
//! there, as long as the reader keeps up.

use std::collections::BTreeMap;

use crate::cell::{Cell, KindScore, offered};
use crate::record::{Buffer, Experiment, Status};
use crate::stats::{Estimate, student_quantile};
use crate::summary::Summary;

/// What is known of a configuration's need.
#[derive(Clone, Debug, PartialEq)]
pub struct Sizing {
    /// Its label, that which was asked for.
    pub configuration: String,
    /// Of fills, as in [`Buffer::unit`].
    pub unit: String,
    /// Highest fill of any cell.
    pub peak: u64,
    /// Events a second, as high as in any cell.
    pub highest_rate: f64,
    /// Whether the buffer was ever full, so that more would have been in a larger one.
    pub full: bool,
    /// Fill for each event a second: the mean of the logarithms, and the interval in which one more cell
    /// falls with a probability of 95 %. Without bounds where there are fewer than three cells.
    pub per_rate: Estimate,
}

impl Sizing {
    /// The highest fill to expect at so many events a second.
    pub fn at(&self, rate: f64) -> Estimate {
        Estimate {
            value: self.per_rate.value * rate,
            low: self.per_rate.low.map(|low| low * rate),
            high: self.per_rate.high.map(|high| high * rate),
            n: self.per_rate.n,
        }
    }
}

/// Of each configuration whose buffer's fill is known, by name; the records are of one machine.
pub fn sizings(summaries: &[&Summary]) -> Vec<Sizing> {
    let mut groups: BTreeMap<(&str, &str), Vec<Filled<'_>>> = BTreeMap::new();
    for cell in summaries.iter().flat_map(|summary| &summary.cells) {
        if let Some(filled) = Filled::of(cell) {
            let asked = cell.stands_for.as_deref();
            let asked = asked.unwrap_or(&cell.configuration);
            groups.entry((asked, filled.unit)).or_default().push(filled);
        }
    }
    let sizings = groups
        .into_iter()
        .map(|((name, unit), cells)| sizing(name, unit, &cells));
    sizings.collect()
}

/// How full the buffer was in a sustained cell.
struct Filled<'a> {
    unit: &'a str,
    peak: u64,
    rate: f64,
    full: bool,
}

impl<'a> Filled<'a> {
    fn of(cell: &'a Cell) -> Option<Self> {
        let measured = cell.experiment == Experiment::Loss && cell.status == Status::Ok;
        // What a technique does not see lies in no buffer of its.
        let measured = measured && sees(cell);
        let Buffer {
            capacity,
            peak,
            unit,
            ..
        } = cell.buffer.as_ref().filter(|_| measured)?;
        let peak = peak.filter(|peak| *peak > 0)?;
        let rate = cell.cost.events_per_s.filter(|rate| *rate > 0.0)?;
        let full = capacity.is_some_and(|all| peak >= all);
        Some(Self {
            unit,
            peak,
            rate,
            full: full || cell.reported_lost.values().any(|lost| *lost > 0),
        })
    }
}

/// Whether at least half of what is offered was told or lost on the way.
fn sees(cell: &Cell) -> bool {
    let sum = |of: fn(&KindScore) -> u64| {
        offered(&cell.kinds)
            .map(|(_, score)| of(score))
            .sum::<u64>()
    };
    let lost: u64 = cell.reported_lost.values().sum();
    2 * (sum(|score| score.matched) + lost) >= sum(|score| score.truths)
}

fn sizing(name: &str, unit: &str, cells: &[Filled<'_>]) -> Sizing {
    let logs = cells.iter().map(|cell| (cell.peak as f64 / cell.rate).ln());
    let logs: Vec<f64> = logs.collect();
    Sizing {
        configuration: name.to_owned(),
        unit: unit.to_owned(),
        peak: cells.iter().map(|cell| cell.peak).max().unwrap_or(0),
        highest_rate: cells.iter().map(|cell| cell.rate).fold(0.0, f64::max),
        full: cells.iter().any(|cell| cell.full),
        per_rate: predicted(&logs),
    }
}

/// The mean of these logarithms, and where one more of them falls: not how well the mean is known.
fn predicted(logs: &[f64]) -> Estimate {
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    let reach = (logs.len() > 2).then(|| {
        let deviation = (squares / (n - 1.0) * (1.0 + 1.0 / n)).sqrt();
        student_quantile(n - 1.0).map(|quantile| quantile * deviation)
    });
    let reach = reach.flatten();
    Estimate {
        value: mean.exp(),
        low: reach.map(|reach| (mean - reach).exp()),
        high: reach.map(|reach| (mean + reach).exp()),
        n: logs.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(peak: u64, rate: f64) -> Filled<'static> {
        Filled {
            unit: "bytes",
            peak,
            rate,
            full: false,
        }
    }

    #[test]
    fn fill_grows_with_the_rate_and_the_interval_with_the_differences_between_cells() {
        let same = sizing(
            "m",
            "bytes",
            &[filled(100, 10.0), filled(200, 20.0), filled(50, 5.0)],
        );
        assert_eq!(
            (same.peak, same.highest_rate, same.per_rate.n),
            (200, 20.0, 3)
        );
        let at = same.at(1000.0);
        for figure in [at.value, at.low.unwrap(), at.high.unwrap()] {
            assert!((figure - 10_000.0).abs() < 1e-6, "{at:?}");
        }
        // Logarithms of 1, 10 and 100: mean 10, deviation ln 10; 4.303 is the quantile of two degrees.
        let apart = sizing(
            "m",
            "bytes",
            &[filled(1, 1.0), filled(10, 1.0), filled(100, 1.0)],
        );
        let at = apart.at(1.0);
        let reach = 4.302_652_7 * (4.0_f64 / 3.0).sqrt();
        assert!((at.value - 10.0).abs() < 1e-9, "{at:?}");
        assert!(
            (at.high.unwrap().log10() - (1.0 + reach)).abs() < 1e-5,
            "{at:?}"
        );
        assert!(
            (at.low.unwrap().log10() - (1.0 - reach)).abs() < 1e-5,
            "{at:?}"
        );
    }

    #[test]
    fn two_cells_say_nothing_of_a_third() {
        let two = sizing("m", "bytes", &[filled(1, 1.0), filled(10, 1.0)]);
        assert_eq!((two.at(1.0).low, two.at(1.0).high), (None, None));
    }
}
