//! How large a buffer must be, by rate and by the number of CPUs: a table from the fills of sustained cells.

use std::path::PathBuf;

use anyhow::Result;
use scoring::record::Machine;
use scoring::stats::Estimate;
use scoring::{Sizing, Summary, sizings};
use serde::Serialize;

use crate::numbers::{bytes, thousands};
use crate::page;

/// Events a second that the table has.
const RATES: [f64; 3] = [1e3, 1e4, 1e5];
/// Numbers of CPUs that it has.
const CPUS: [u32; 4] = [2, 8, 32, 128];

/// The table of the records in `dirs`, as Markdown. Those of one machine are taken together.
pub fn buffers(dirs: &[PathBuf]) -> Result<String> {
    let summaries = dirs.iter().map(|dir| Summary::read(dir));
    let summaries = summaries.collect::<Result<Vec<_>>>()?;
    let mut machines: Vec<(&Machine, Vec<&Summary>)> = Vec::new();
    for summary in &summaries {
        let machine = &summary.record.machine;
        let same = |one: &&mut (&Machine, _)| one.0.identity() == machine.identity();
        match machines.iter_mut().find(same) {
            Some((_, group)) => group.push(summary),
            None => machines.push((machine, vec![summary])),
        }
    }
    let groups = machines
        .iter()
        .map(|(machine, group)| Group::new(machine, group));
    page::buffers(&Table {
        groups: groups.collect(),
    })
}

#[derive(Debug, Serialize)]
struct Table {
    groups: Vec<Group>,
}

/// What one machine says.
#[derive(Debug, Serialize)]
struct Group {
    records: Vec<String>,
    cpus: u32,
    kernel: String,
    emulated: bool,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Group {
    fn new(machine: &Machine, summaries: &[&Summary]) -> Self {
        let records = summaries.iter().map(|one| one.record.record.clone());
        let mut head = vec!["configuration".to_owned(), "cells".to_owned()];
        head.push(format!("highest fill, measured ({} CPUs)", machine.cpus));
        head.extend(RATES.map(|rate| format!("at {} events/s", thousands(rate as u64))));
        head.extend(CPUS.map(|cpus| format!("at {cpus} CPUs")));
        let sizings = sizings(summaries);
        let rows = sizings.iter().map(|one| row(one, machine.cpus.max(1)));
        Self {
            records: records.collect(),
            cpus: machine.cpus,
            kernel: machine.kernel.clone(),
            emulated: machine.correctness_only,
            head,
            rows: rows.collect(),
        }
    }
}

fn row(one: &Sizing, cpus: u32) -> Vec<String> {
    let least = if one.full { "over " } else { "" };
    let peak = amount(one.peak as f64, &one.unit);
    let rate = thousands(one.highest_rate as u64);
    let mut row = vec![one.configuration.clone(), one.per_rate.n.to_string()];
    row.push(format!("{least}{peak}; up to {rate} events/s"));
    row.extend(RATES.map(|rate| expected(&one.at(rate), one)));
    row.extend(CPUS.map(|more| {
        // As fast for each CPU as here, at the most.
        let rate = one.highest_rate * f64::from(more) / f64::from(cpus);
        expected(&one.at(rate), one)
    }));
    row
}

/// "12 KiB (4 KiB to 40 KiB)".
fn expected(fill: &Estimate, one: &Sizing) -> String {
    let least = if one.full { "over " } else { "" };
    let value = amount(fill.value, &one.unit);
    match fill.low.zip(fill.high) {
        Some((low, high)) => {
            let (low, high) = (amount(low, &one.unit), amount(high, &one.unit));
            format!("{least}{value} ({low} to {high})")
        }
        None => format!("{least}{value} (no interval)"),
    }
}

fn amount(fill: f64, unit: &str) -> String {
    let fill = fill.ceil() as u64;
    match unit {
        "bytes" => bytes(fill),
        unit => format!("{} {unit}", thousands(fill)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizing(low: Option<f64>, full: bool) -> Sizing {
        Sizing {
            configuration: "m".into(),
            unit: "bytes".into(),
            peak: 2048,
            highest_rate: 1000.0,
            full,
            per_rate: Estimate {
                value: 2.048,
                low,
                high: low.map(|_| 4.096),
                n: 3,
            },
        }
    }

    #[test]
    fn a_row_has_what_was_measured_and_what_follows_from_it() {
        let found = row(&sizing(Some(1.024), false), 2);
        assert_eq!(found[..3], ["m", "3", "2 KiB; up to 1,000 events/s"]);
        assert_eq!(found[3], "2 KiB (1 KiB to 4 KiB)");
        // 1,000 a second on two CPUs are 4,000 on eight.
        assert_eq!(found[7], "8 KiB (4 KiB to 16 KiB)");
        assert_eq!(found.len(), 3 + RATES.len() + CPUS.len());
    }

    #[test]
    fn a_full_buffer_is_a_lower_bound_and_few_cells_have_no_interval() {
        let found = row(&sizing(None, true), 2);
        assert_eq!(found[3], "over 2 KiB (no interval)");
        assert!(found[2].starts_with("over "), "{found:?}");
    }
}
