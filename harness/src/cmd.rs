//! One file a command: its arguments, and what it does with them.

pub(crate) mod advise;
mod args;
pub(crate) mod command;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod gate;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod monitor;
pub(crate) mod pulse;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod score;
pub(crate) mod selftest;
pub(crate) mod sweep;
pub(crate) mod trend;
pub(crate) mod watch;
pub(crate) mod workload;
