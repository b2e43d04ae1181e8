//! What monitors, workloads and the harness agree on, and nothing else.
//!
//! A [`Workload`] model causes events and each is written down as a [`Truth`]; a [`Monitor`]
//! watches and reports [`Event`]s. The words are those of docs/METHODOLOGY.md. This crate has no dependencies, so that a monitor or a
//! workload can be written against it without taking anything else on.

mod arena;
mod claims;
mod codec;
mod details;
mod elf;
mod emulated;
mod error;
mod escape;
mod event;
mod field;
mod fields;
pub mod file;
mod kind;
mod label;
mod monitor;
mod nanos;
mod options;
pub mod proc_forms;
mod spool;
mod truth;
mod workload;

pub use arena::{Arena, DetailsId, Span, argv_bytes, split_argv};
pub use claims::{Claims, Clock, Offer};
pub use details::{Details, DetailsBuf, Value};
pub use elf::{loader, no_loader};
pub use emulated::{LANE, emulated};
pub use error::{Error, Result, Unavailable};
pub use escape::{plain, plain_lines, shown};
pub use event::{Event, EventLog, EventRef, Origin};
pub use field::{FIELDS, Field};
pub use fields::{Cut, Fields};
pub use kind::{Kind, Pid};
pub use label::{Label, bare_name};
pub use monitor::{Buffer, Counters, Decode, Monitor, Privilege, Ready, Recovered, Session};
pub use nanos::Nanos;
pub use options::{OptionKind, OptionSpec, Options};
pub use spool::{Frame, Malformed, Observer, Spool, SpoolReader};
pub use truth::{Ledger, Life, Owned, Truth};
pub use workload::{Counts, Driver, Program, Script, Workload};
