//! What differs between two records.

use std::collections::BTreeSet;

use scoring::{Comparison, Floor, Summary};
use serde::Serialize;

use super::figure::{Figure, Noise, Side, figures};
use crate::fold::folded;
use crate::machine::machine;
use crate::thinned::thinned;

/// What differs.
#[derive(Debug, Serialize)]
pub struct Differences {
    pub(super) names: [String; 2],
    pub(super) machines: [String; 2],
    /// Why times and costs are not compared.
    pub(super) no_speed: Option<String>,
    /// What of a record was not kept, so that it cannot be compared.
    pub(super) thinned: Vec<String>,
    /// Figures that both records have.
    pub(super) compared: usize,
    pub(super) rows: Vec<Difference>,
    /// Intervals that both records have.
    pub(super) intervals: usize,
    /// How many of them do not overlap.
    pub(super) apart: usize,
    /// Those of them that are no difference, because they are within the noise.
    pub(super) noise: Vec<String>,
    /// What only one of them has.
    pub(super) only: Vec<String>,
}

/// One figure that is not the same.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    pub(super) workload: String,
    pub(super) configuration: String,
    pub(super) figure: String,
    pub(super) old: String,
    pub(super) new: String,
    pub(super) better: bool,
}

/// Compares `new` with `old`.
pub fn compare(old: &Summary, new: &Summary, names: [String; 2]) -> Differences {
    let [old, new] = [old, new].map(|one| folded(one.clone()));
    let (old, new) = (&old, &new);
    let mut found = Differences {
        thinned: not_kept(&names, [old, new]),
        names,
        machines: [old, new].map(|one| machine(&one.record.machine)),
        no_speed: no_speed(old, new),
        compared: 0,
        rows: Vec::new(),
        intervals: 0,
        apart: 0,
        noise: Vec::new(),
        only: only(old, new),
    };
    let speeds = found.no_speed.is_none();
    let figures: Vec<_> = figures()
        .into_iter()
        .filter(|figure| speeds || !figure.noise.is_speed())
        .collect();
    for (one, other) in both(old, new) {
        let floors = [old, new].map(|summary| summary.noise_floor.of(&one.workload));
        for figure in &figures {
            if let Some(both) = (figure.read)(one).zip((figure.read)(other)) {
                found.take(figure, one, &both, floors);
            }
        }
    }
    found
}

fn not_kept(names: &[String; 2], both: [&Summary; 2]) -> Vec<String> {
    let lines = names
        .iter()
        .zip(both)
        .filter_map(|(name, one)| Some(format!("{name}: {}", thinned(one)?)));
    lines.collect()
}

fn no_speed(old: &Summary, new: &Summary) -> Option<String> {
    let emulated = |one: &Summary| one.record.machine.correctness_only;
    let why = "times and costs are not compared: a record is from emulated CPUs";
    (emulated(old) || emulated(new)).then(|| why.into())
}

/// What was measured in both.
fn both<'a>(
    old: &'a Summary,
    new: &'a Summary,
) -> impl Iterator<Item = (&'a Comparison, &'a Comparison)> {
    let measured = old.comparison.iter().filter(|one| one.repetitions > 0);
    measured.filter_map(|one| {
        let other = new.of(&one.workload, &one.configuration)?;
        (other.repetitions > 0 && one.configuration != "null").then_some((one, other))
    })
}

impl Differences {
    /// Takes one figure of both records down.
    fn take(
        &mut self,
        figure: &Figure,
        one: &Comparison,
        (was, is): &(Side, Side),
        floors: [Option<&Floor>; 2],
    ) {
        self.compared += 1;
        let (rose, apart) = (is.low > was.high, is.low > was.high || is.high < was.low);
        if figure.noise != Noise::Number {
            self.intervals += 1;
            self.apart += usize::from(apart);
        }
        if !apart {
            return;
        }
        let (workload, configuration) = (one.workload.clone(), one.configuration.clone());
        if within(figure.noise, was, is, floors) {
            let (figure, was, is) = (&figure.name, &was.text, &is.text);
            self.noise.push(format!(
                "{configuration} on {workload}: {figure}: {was} and {is}"
            ));
            return;
        }
        self.rows.push(Difference {
            workload,
            configuration,
            figure: figure.name.clone(),
            old: was.text.clone(),
            new: is.text.clone(),
            better: rose == figure.more_is_better,
        });
    }
}

/// Whether so much of a difference is noise.
fn within(noise: Noise, was: &Side, is: &Side, floors: [Option<&Floor>; 2]) -> bool {
    let floors = floors.into_iter().flatten();
    match noise {
        Noise::Number | Noise::None => false,
        Noise::Other => true,
        Noise::Factor => {
            let most = floors.map(|floor| floor.factor).fold(1.0, f64::max);
            (is.value / was.value).max(was.value / is.value) <= most
        }
        Noise::Cpu => {
            let most = floors.map(|floor| floor.system_cpu_us_per_event);
            (is.value - was.value).abs() <= most.fold(0.0, f64::max)
        }
    }
}

/// Configurations and workloads that were measured on one side alone.
fn only(old: &Summary, new: &Summary) -> Vec<String> {
    let measured = |one: &Summary| -> BTreeSet<String> {
        let of = one
            .comparison
            .iter()
            .filter(|one| one.repetitions > 0 && one.configuration != "null");
        of.map(|one| format!("{} on {}", one.configuration, one.workload))
            .collect()
    };
    let (was, is) = (measured(old), measured(new));
    let gone = was
        .difference(&is)
        .map(|name| format!("only in the first: {name}"));
    gone.chain(
        is.difference(&was)
            .map(|name| format!("only in the second: {name}")),
    )
    .collect()
}
