//! The gate: a record against a baseline that a project has committed. Loss is judged exactly;
//! costs are told, and judged only when asked for. Pure, so that its false alarms can be counted.

mod baseline;
mod complete;
mod judge;

pub use baseline::{Baseline, CostLine, LossLine};
pub use judge::{Finding, Outcome, Subject, confirm, judge, unconfirmed};
