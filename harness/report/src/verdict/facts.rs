//! What a page asks of a configuration: figures and properties that requirements are held against.

use contract::Field;
use scoring::{Comparison, Summary};
use serde::Serialize;

use crate::advise::Rules;
use crate::counts;
use crate::overall;

/// Of the family of workloads whose programs have no C library to preload into.
const STATIC: &str = "static-binary";

/// Figures as in the table of the verdict; `None` where it cannot be told.
#[derive(Debug, Serialize)]
pub(super) struct Facts {
    /// Per cent of all events.
    loss: Option<f64>,
    /// Per cent.
    overhead: Option<f64>,
    /// Milliseconds.
    p99: Option<f64>,
    /// Microseconds per event, of the monitor itself.
    cpu: Option<f64>,
    /// Per cent of exe and of argv, of whichever is less; 0 where one is not offered.
    detail: Option<f64>,
    /// Whether static programs are seen.
    statics: Option<bool>,
    /// Whether it needs root.
    root: Option<bool>,
    /// The oldest kernel.
    since: Option<String>,
}

impl Facts {
    pub(super) fn new(rules: &Rules, summary: &Summary, name: &str, rows: &[&Comparison]) -> Self {
        let machine = &summary.record.machine;
        let speed = |figure: Option<f64>| figure.filter(|_| !machine.correctness_only);
        let slow = overall::slowdown(summary, name);
        let known = rules.technique(name);
        Self {
            loss: overall::lost(summary, rows).map(|share| share.rate() * 100.0),
            overhead: speed(slow.map(|slow| (slow.ratio - 1.0) * 100.0)),
            p99: speed(
                overall::latest(rows)
                    .and_then(|row| Some(row.latency_us.all.as_ref()?.p99 / 1000.0)),
            ),
            cpu: speed(
                overall::dearest(rows).and_then(|row| Some(row.own_cpu_us_per_event?.value)),
            ),
            detail: detail(summary, rows),
            statics: statics(rows),
            root: match machine.uid {
                0 => known.map(|known| known.root),
                _ => Some(false),
            },
            since: known.map(|known| known.since.clone()),
        }
    }

    /// As JSON.
    pub(super) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

fn detail(summary: &Summary, rows: &[&Comparison]) -> Option<f64> {
    let share = |field: Field| match counts::offers(rows, field) {
        false => Some(0.0),
        true => {
            let faults = overall::field(summary, rows, field)?;
            Some((1.0 - faults.rate()) * 100.0)
        }
    };
    Some(share(Field::Exe)?.min(share(Field::Argv)?))
}

fn statics(rows: &[&Comparison]) -> Option<bool> {
    let of: Vec<_> = rows
        .iter()
        .copied()
        .filter(|row| overall::family(&row.workload) == STATIC)
        .collect();
    (!of.is_empty()).then(|| overall::unseen(&of).is_empty())
}
