use std::collections::HashMap;

use crate::cell::Cell;
use crate::record::Status;
use crate::scored::Scored;
use crate::stats::{self, Estimate};

/// The baselines of a record, by workload and repetition.
pub(super) struct Baselines<'a>(HashMap<(&'a str, u32), &'a Cell>);

impl<'a> Baselines<'a> {
    pub(super) fn of(scored: &'a [Scored]) -> Self {
        let cells = scored.iter().map(|scored| &scored.cell);
        let sound = cells.filter(|cell| cell.baseline && cell.status == Status::Ok);
        Self(
            sound
                .map(|cell| ((cell.workload.as_str(), cell.repetition), cell))
                .collect(),
        )
    }

    /// `figure` of each cell and of its baseline, where both have one. A baseline is no pair with
    /// itself.
    pub(super) fn pairs(
        &self,
        cells: &[&Scored],
        figure: impl Fn(&Cell) -> Option<f64>,
    ) -> impl Iterator<Item = (f64, f64)> {
        cells.iter().filter_map(move |scored| {
            let cell = &scored.cell;
            let base = self.0.get(&(cell.workload.as_str(), cell.repetition))?;
            let both = figure(cell).zip(figure(base));
            both.filter(|_| !cell.baseline)
        })
    }

    pub(super) fn slowdown(&self, cells: &[&Scored], seed: u64) -> Option<Estimate> {
        let walls = self.pairs(cells, |cell| cell.cost.wall_ms);
        let ratios: Vec<f64> = walls.map(|(own, base)| own / base).collect();
        stats::ratio(&ratios, seed)
    }

    pub(super) fn extra_cpu(&self, cells: &[&Scored], seed: u64) -> Option<Estimate> {
        let costs = self.pairs(cells, |cell| cell.cost.system_cpu_us_per_event);
        let extra: Vec<f64> = costs.map(|(own, base)| own - base).collect();
        stats::mean(&extra, seed)
    }
}
