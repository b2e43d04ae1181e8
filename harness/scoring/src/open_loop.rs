//! How an open loop kept its timetable: what was offered, what was reached, and how late each
//! process began. A technique that holds the workload up cannot look complete here.

use contract::{Kind, Ledger};
use serde::{Deserialize, Serialize};

use crate::latency::{Latency, LatencyHistogram};
use crate::stats::{self, Estimate};

/// Below this share of the offered rate a cell did not reach what it offered.
const ENOUGH: f64 = 0.95;

/// The timetable of one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenLoop {
    /// Processes due each second.
    pub offered_per_s: f64,
    /// Processes begun each second, until the last one was.
    pub achieved_per_s: f64,
    /// At least 95 % of the offer.
    pub reached: bool,
    /// How much later than due each process was begun, in microseconds.
    pub start_late_us: Option<Latency>,
}

/// The timetables of all repetitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenLoopScore {
    /// Processes due each second.
    pub offered_per_s: f64,
    /// Processes begun each second, over cells.
    pub achieved_per_s: Estimate,
    /// Cells that reached less than 95 % of the offer.
    pub unreached: usize,
}

/// From the truths that were due at a time; `None` where there is no timetable.
pub(super) fn measure(ledger: &Ledger) -> anyhow::Result<Option<OpenLoop>> {
    let forks = ledger.truths.iter().filter(|one| one.kind == Kind::Fork);
    let due: Vec<(u64, u64)> = forks
        .filter_map(|one| Some((one.due?, one.after)))
        .collect();
    let mut late = LatencyHistogram::new()?;
    for (due, began) in &due {
        late.take(began.saturating_sub(*due))?;
    }
    let (Some(first), Some(last_due), Some(last)) = (
        due.iter().map(|one| one.0).min(),
        due.iter().map(|one| one.0).max(),
        due.iter().map(|one| one.1).max(),
    ) else {
        return Ok(None);
    };
    let per_s = |span: u64| (due.len() - 1) as f64 * 1e9 / span.max(1) as f64;
    let (offered, achieved) = (per_s(last_due - first), per_s(last.saturating_sub(first)));
    Ok((due.len() > 1).then(|| OpenLoop {
        offered_per_s: offered,
        achieved_per_s: achieved,
        reached: achieved >= ENOUGH * offered,
        start_late_us: late.percentiles(),
    }))
}

/// All repetitions together.
pub(super) fn pool<'a>(
    cells: impl Iterator<Item = &'a OpenLoop>,
    seed: u64,
) -> Option<OpenLoopScore> {
    let cells: Vec<&OpenLoop> = cells.collect();
    let of = |figure: fn(&OpenLoop) -> f64| cells.iter().map(|one| figure(one)).collect::<Vec<_>>();
    let offered = stats::mean(&of(|one| one.offered_per_s), seed)?;
    Some(OpenLoopScore {
        offered_per_s: offered.value,
        achieved_per_s: stats::mean(&of(|one| one.achieved_per_s), seed)?,
        unreached: cells.iter().filter(|one| !one.reached).count(),
    })
}

#[cfg(test)]
mod tests {
    use contract::{Fields, Truth};

    use super::*;

    /// Four processes, due a millisecond apart, begun so many microseconds late.
    fn ledger(late: [u64; 4]) -> Ledger {
        let truth = |(place, late): (u64, u64)| Truth {
            after: 1_000_000 * (place + 1) + late * 1000,
            before: 1_000_000_000,
            due: Some(1_000_000 * (place + 1)),
            fields: Fields::default(),
            pid: 7,
            kind: Kind::Fork,
            loose: false,
        };
        Ledger {
            truths: (0..).zip(late).map(truth).collect(),
            ..Ledger::default()
        }
    }

    #[test]
    fn what_is_held_up_did_not_reach_its_offer() {
        let kept = measure(&ledger([0, 90, 5, 100])).unwrap().unwrap();
        assert!(kept.reached && (kept.offered_per_s - 1000.0).abs() < 1e-6);
        assert!(
            (kept.achieved_per_s - 3.0 / 0.0031).abs() < 1e-6,
            "{kept:?}"
        );
        let held = measure(&ledger([0, 1500, 500, 3000])).unwrap().unwrap();
        assert!(!held.reached && (held.achieved_per_s - 500.0).abs() < 1e-6);
        assert_eq!(held.start_late_us.as_ref().unwrap().max, 3000.0);
        let both = pool([&kept, &held].into_iter(), 1).unwrap();
        assert_eq!((both.unreached, both.achieved_per_s.n), (1, 2));
    }

    #[test]
    fn without_a_timetable_there_is_nothing_to_reach() {
        let mut plain = ledger([0; 4]);
        plain.truths.iter_mut().for_each(|truth| truth.due = None);
        assert_eq!(measure(&plain).unwrap(), None);
        assert_eq!(pool(std::iter::empty(), 1), None);
    }
}
