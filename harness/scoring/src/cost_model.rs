//! What a configuration costs at a rate of events: CPU = a + b x events a second, by kind.
//!
//! a is what it costs at no events, b what a process (its fork and its exit, which always come together) and an
//! exec cost each. Fitted by weighted least squares to the means of the workloads, whose errors are known from
//! their cells ([`fit`]), so that the model is of differences between workloads and never of noise within one.
//! Of the monitor's own CPU all cells tell; of the system's only those with a baseline beside them
//! ([`observe`]). A pure function of cells.

mod check;
mod fit;
mod model;
mod observe;
mod predict;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use contract::bare_name;

use crate::cell::Cell;
pub use model::{CostModel, Cpu, Fit, FitPoint, Prediction};

/// What watches nothing: the baseline and the fault injector.
const NO_MONITORS: [&str; 2] = ["null", "replay"];

/// The models of all configurations of which these records' cells tell anything, in the order of their first
/// cells. The records must be of one machine.
pub fn cost_model(records: &[&[Cell]]) -> Vec<CostModel> {
    let mut seen = BTreeSet::new();
    let cells = records.iter().flat_map(|cells| cells.iter());
    let names = cells.map(|cell| cell.configuration.as_str());
    let watches = |name: &&str| !NO_MONITORS.contains(&bare_name(name));
    let names: Vec<&str> = names
        .filter(|name| watches(name) && seen.insert(*name))
        .collect();
    let models = names.into_iter().map(|name| {
        let observed = observe::observe(records, name, observe::is_fitted);
        let (own, system) = (
            fit::fit(&observed, |one| one.own),
            fit::fit(&observed, |one| one.system),
        );
        let held = observe::observe(records, name, observe::is_held);
        CostModel {
            configuration: name.to_owned(),
            predictions: check::check(&held, own.as_ref(), system.as_ref()),
            own,
            system,
        }
    });
    models
        .filter(|model| model.own.is_some() || model.system.is_some())
        .collect()
}
