//! The models of load: one file each, and here the only list of them.

mod bomb;
mod case;
mod command;
mod launch;
mod paced;
mod parameters;
mod pipeline;
mod script;
mod sleepers;
mod told;

use contract::Workload;

/// Every model, in the order of every list.
pub fn models() -> &'static [&'static dyn Workload] {
    &[
        &bomb::Bomb,
        &case::Case,
        FOREIGN,
        &launch::Launch,
        &paced::Paced,
        &pipeline::Pipeline,
        &sleepers::Sleepers,
        &told::Told,
    ]
}

/// What is no program of ours.
pub(crate) const FOREIGN: &dyn Workload = &command::Command;

/// The model called `name`.
pub(crate) fn find(name: &str) -> Option<&'static dyn Workload> {
    models().iter().copied().find(|model| model.name() == name)
}
