//! From files to figures: matching, metrics, statistics, records, gate judgement, sweep results.
//!
//! Pure: no monitor, no workload, no clock and no root, so that everything can be computed again from
//! old records. One metric a file. A cell whose files are damaged is a failed cell that names the
//! file; the others are scored all the same.

mod aggregate;
mod baselines;
mod by_key;
mod case_outcome;
mod cell;
mod cost;
mod fields;
pub mod gate;
mod latency;
mod loss;
pub mod matching;
mod noise_floor;
mod open_loop;
pub mod record;
mod reported_loss;
mod runs_csv;
mod scored;
mod stall;
pub mod stats;
mod summary;
pub mod sweep;

pub use aggregate::{Comparison, LatencyScore, Loss, Slowdown};
pub use by_key::{Key, Keyed};
pub use case_outcome::{CaseOutcome, CaseScore, EVERYTHING, Finding};
pub use cell::{Cell, KindScore, offered};
pub use cost::CostScore;
pub use fields::FieldScore;
pub use latency::{Interval, Intervals, Latency, LatencyHistogram};
pub use noise_floor::{Extra, Floor, NoiseFloor, Verdict};
pub use open_loop::{OpenLoop, OpenLoopScore};
pub use runs_csv::runs;
pub use scored::{Scored, score};
pub use stall::Stall;
pub use summary::Summary;
