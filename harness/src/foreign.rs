//! A command that is not ours as a workload. It writes no event down, so its true events come from
//! outside:
//!
//! 1. Perf counters of its control group on two tracepoints: exact totals of forks and execs, and so of
//!    exits ([`counted`]).
//! 2. Process accounting: pid, parent, status of each process, and whether it executed ([`truth`]).
//!
//! With `--argv` a third one, in passes of their own: a supervisor that every exec waits for ([`supervisor`]).
//!
//! Both are asked once every process of the command has ended: what it leaves running is ended with its
//! cell ([`leftovers`]), or the next cell would pay for it. The totals must agree, else the cell fails and
//! blames no monitor.
//!
//! Two processes have a part in it. `harness command` ([`runner`]) starts the command, as the parent of it
//! and of its orphans; the harness runs `--setup` and `--check` around it ([`shell`]) and holds the sources
//! against each other ([`confirm`]).

pub(crate) mod asked;
pub(crate) mod confirm;
mod counted;
mod leftovers;
pub(crate) mod outcome;
pub(crate) mod rehearsal;
pub(crate) mod runner;
pub(crate) mod shell;
mod supervisor;
pub(crate) mod truth;
