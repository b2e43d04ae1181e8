//! Models held against commands that are not ours.

use std::collections::BTreeMap;

use super::model::{Cpu, Fit, Prediction};
use super::observe::Observation;
use crate::stats::{Estimate, student_quantile};

/// A prediction that is no further off is right.
const CLOSE: f64 = 0.2;

/// A row for each command and CPU time that was measured.
pub(super) fn check(
    held: &[Observation],
    own: Option<&Fit>,
    system: Option<&Fit>,
) -> Vec<Prediction> {
    let mut commands: BTreeMap<&(usize, String), Vec<&Observation>> = BTreeMap::new();
    for one in held {
        commands.entry(&one.group).or_default().push(one);
    }
    let rows = commands.into_values().flat_map(|cells| {
        let system = prediction(&cells, Cpu::System, system, |one| one.system);
        [system, prediction(&cells, Cpu::Own, own, |one| one.own)]
    });
    rows.flatten().collect()
}

fn prediction(
    cells: &[&Observation],
    cpu: Cpu,
    model: Option<&Fit>,
    of: impl Fn(&Observation) -> Option<f64>,
) -> Option<Prediction> {
    let measured = estimate(&cells.iter().filter_map(|one| of(one)).collect::<Vec<_>>())?;
    let mean = |of: fn(&Observation) -> f64| {
        cells.iter().map(|one| of(one)).sum::<f64>() / cells.len() as f64
    };
    let (forks_per_s, execs_per_s) = (mean(|one| one.forks_per_s), mean(|one| one.execs_per_s));
    let predicted = model.and_then(|model| model.predict(forks_per_s, execs_per_s));
    let offered: u64 = cells.iter().map(|one| one.offered).sum();
    let seen: u64 = cells.iter().map(|one| one.seen).sum();
    Some(Prediction {
        workload: cells.first()?.group.1.clone(),
        cpu,
        forks_per_s,
        execs_per_s,
        measured,
        agrees: predicted.map(|one| agree(&measured, &one)),
        predicted,
        seen: (offered > 0).then(|| seen as f64 / offered as f64),
    })
}

fn agree(measured: &Estimate, predicted: &Estimate) -> bool {
    let off = (measured.value - predicted.value).abs();
    off <= CLOSE * measured.value.abs()
        || measured.covers(predicted.value)
        || predicted.covers(measured.value)
}

/// The mean with Student's interval.
fn estimate(values: &[f64]) -> Option<Estimate> {
    let n = values.len() as f64;
    if values.is_empty() {
        return None;
    }
    let value = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|one| (one - value).powi(2)).sum();
    let reach = student_quantile(n - 1.0).map(|t| t * (squares / (n - 1.0) / n).sqrt());
    Some(Estimate {
        value,
        low: reach.map(|reach| value - reach),
        high: reach.map(|reach| value + reach),
        n: values.len(),
    })
}
