//! Workloads: programs that cause events and write each one down, and what they are told to do.

mod definition;
mod foreign;
pub mod ledger;
mod models;
mod programs;
mod programs_log;
mod runner;

pub use definition::{Definition, definitions};
pub use foreign::ForeignCommand;
pub use ledger::prepare;
pub use models::models;
pub use programs::{OWNER_OF_SET_USER_ID, install, readiness_probe};
pub use runner::{Outcome, Run, may_become, run};
