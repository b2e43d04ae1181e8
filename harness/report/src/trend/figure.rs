//! The figures that are followed, and how each is read and compared.

use contract::Kind;
use scoring::{Comparison, Summary};

use crate::counts;

/// A figure. Less of each is better.
pub(super) struct Figure {
    /// With its unit.
    pub(super) name: &'static str,
    /// Whether it depends on how fast the machine is.
    pub(super) speed: bool,
    /// In the unit of the name.
    pub(super) read: fn(&Summary, &Comparison) -> Option<f64>,
    /// As it is compared: so that noise is of one size whatever the value.
    pub(super) scale: fn(f64) -> f64,
}

/// All of them, in the order in which they are told.
pub(super) const FIGURES: [Figure; 4] = [
    Figure {
        name: "event loss, %",
        speed: false,
        read: loss,
        scale: |percent| (percent / 100.0).clamp(0.0, 1.0).sqrt().asin(),
    },
    Figure {
        name: "overhead, %",
        speed: true,
        read: |_, row| Some((row.slowdown?.ratio - 1.0) * 100.0),
        scale: |percent| (1.0 + percent / 100.0).max(f64::MIN_POSITIVE).ln(),
    },
    Figure {
        name: "latency p99, ms",
        speed: true,
        read: |_, row| Some(row.latency_us.all.as_ref()?.p99 / 1000.0),
        scale: logarithm,
    },
    Figure {
        name: "own CPU, us/event",
        speed: true,
        read: |_, row| Some(row.own_cpu_us_per_event?.value),
        scale: logarithm,
    },
];

fn loss(summary: &Summary, row: &Comparison) -> Option<f64> {
    let share =
        counts::missed(summary, row, &Kind::ALL).filter(|_| counts::tells_of_loss(summary, row))?;
    Some(share.rate() * 100.0)
}

/// A time below a nanosecond is none.
fn logarithm(value: f64) -> f64 {
    value.max(1e-6).ln()
}
