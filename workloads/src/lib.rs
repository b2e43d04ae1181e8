//! Workloads: one file per model, and here the only list of them.

mod bomb;
mod case;
mod definition;
mod launch;
pub mod ledger;
mod model;
mod paced;
mod pipeline;
mod programs;
mod runner;

use std::path::Path;

use contract::{Result, Script, Workload};

pub use definition::{Definition, definitions};
pub use programs::install;
pub use runner::{Outcome, Run, run};

/// The program among the installed ones that only starts and ends.
pub const READINESS_PROBE: &str = "readiness_probe-dynamic";

/// Every model, in the order of every list.
pub fn models() -> &'static [&'static dyn Workload] {
    &[
        &bomb::Bomb,
        &case::Case,
        &launch::Launch,
        &paced::Paced,
        &pipeline::Pipeline,
    ]
}

/// The model called `name`.
pub fn find(name: &str) -> Option<&'static dyn Workload> {
    models().iter().copied().find(|model| model.name() == name)
}

/// Makes the folder of a cell ready for one run of `script`. `tag`, 1 to 24 letters and digits,
/// must be new for every run: it is in the argv of every program that is executed.
pub fn prepare(cell: &Path, script: &Script, tag: &str) -> Result<()> {
    ledger::prepare(cell, script, tag)
}
