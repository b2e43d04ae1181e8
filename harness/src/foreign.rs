//! A command that is not ours as a workload. It writes no event down, so its true events come from
//! outside:
//!
//! 1. Perf counters of its control group on two tracepoints: exact totals of forks and execs, and so of
//!    exits ([`counted`]).
//! 2. Process accounting: pid, parent, status of each process, and whether it executed ([`truth`]).
//!
//! Both are asked once every process of the command has ended: what it leaves running is ended with its
//! cell ([`leftovers`]), or the next cell would pay for it. The totals must agree, else the cell fails and
//! blames no monitor.
//!
//! Two processes have a part in it. `harness command` ([`runner`]) starts the command, as the parent of it
//! and of its orphans; the harness runs `--setup` and `--check` around it ([`shell`]) and holds the sources
//! against each other ([`confirm`]).

mod asked;
mod confirm;
mod counted;
mod leftovers;
mod outcome;
mod rehearsal;
mod runner;
mod shell;
mod truth;

pub(crate) use asked::{Asked, definition, in_path};
pub(crate) use confirm::confirm;
pub(crate) use outcome::FILE;
pub(crate) use rehearsal::rehearse;
pub(crate) use runner::{Run, run};
pub(crate) use shell::shell;
pub(crate) use truth::read;
