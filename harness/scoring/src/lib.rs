//! From files to figures: matching, metrics, statistics, records, gate judgement, sweep results.
//!
//! Pure: no monitor, no workload, no clock and no root, so that everything can be computed again from
//! old records. One metric a file. A cell whose files are damaged is a failed cell that names the
//! file; the others are scored all the same.

mod aggregate;
mod ambiguous;
mod blind;
mod buffer;
mod by_key;
mod case_outcome;
mod cell;
mod comparison;
mod cost;
pub mod cost_model;
mod fields;
mod gap;
pub mod gate;
mod json;
mod latency;
mod latency_score;
mod lineage;
mod lives;
mod loss;
mod loss_rate;
pub mod matching;
mod missed;
mod noise;
mod noise_floor;
mod open_loop;
pub mod overhead;
pub mod parallel;
mod per_process;
mod plausible;
pub mod record;
mod reported_loss;
mod runs_csv;
mod scored;
mod sizing;
mod slices;
mod slowdown;
mod snapshot;
mod stall;
mod stationary;
pub mod stats;
mod summary;
pub mod sweep;
mod thinned;

pub use blind::score_blind;
pub use buffer::{BufferScore, LOSS_TEST_BUFFERS, loss_test_ns};
pub use by_key::{Key, Keyed};
pub use case_outcome::{CaseOutcome, CaseScore, EVERYTHING, Finding};
pub use cell::{Ambiguous, Cell, KindScore, offered};
pub use comparison::{Comparison, Share};
pub use cost::CostScore;
pub use fields::FieldScore;
pub use gap::Gap;
pub use latency::{Interval, Intervals, Latency, LatencyHistogram};
pub use latency_score::LatencyScore;
pub use lineage::Lineage;
pub use lives::{Execs, LedgerLife, lives};
pub use loss_rate::{Bounds, Loss};
pub use missed::{Group, MISSED, MissedEvents, MissedOfCell, What};
pub use noise_floor::{Floor, NoiseFloor, NullPairs};
pub use open_loop::{OpenLoop, OpenLoopScore};
pub use overhead::Verdict;
pub use runs_csv::runs;
pub use scored::{Scored, score};
pub use sizing::{Sizing, sizings};
pub use slowdown::{Extra, Overall, Slowdown};
pub use snapshot::SnapshotScore;
pub use stall::Stall;
pub use stationary::{Drift, Stationarity};
pub use summary::{Summary, Thinned};
