//! What a sweep found on each workload, ready to be laid out.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::bare_name;
use scoring::Summary;
use scoring::record::Record;
use scoring::sweep::SECONDS;
use scoring::sweep::result::{Generator, Sweep, SweepResult};
use scoring::sweep::search::CONFIRM;
use serde::Serialize;

use super::row::estimate;
use super::row::{Row, of_ceiling, rate, row};
use crate::plots::{self, Plot};

/// All workloads of a sweep.
#[derive(Debug, Serialize)]
pub(crate) struct Sweeps {
    seconds: u32,
    confirm: usize,
    pub(crate) sections: Vec<Section>,
}

/// One workload, under every configuration.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    id: String,
    workload: String,
    analysis: String,
    ceiling: String,
    own: String,
    rows: Vec<Row>,
    pub(crate) plots: Vec<Plot>,
}

impl Sweeps {
    /// Of the record whose anchors begin with `id` and whose plots begin with `lead`.
    pub(crate) fn new(summary: &Summary, sweep: &Sweep, id: &str, lead: &str) -> Result<Self> {
        let sections = sweep.generators.iter().enumerate();
        let sections = sections.map(|(place, (workload, generator))| {
            let found: Vec<&SweepResult> = of(sweep, workload).collect();
            let id = format!("{id}-s{place}");
            let plots = plots::sweep::draw(&found, generator)?.into_iter();
            let named = |plot: Plot| Plot {
                file: format!("{lead}{}-{}.svg", place + 1, plot.name),
                ..plot
            };
            Ok(Section {
                workload: workload.clone(),
                analysis: analysis(&summary.record, workload).to_owned(),
                ceiling: estimate(&generator.ceiling_per_s),
                own: own(generator),
                rows: rows(&found, &id),
                plots: plots.map(named).collect(),
                id,
            })
        });
        Ok(Self {
            seconds: SECONDS,
            confirm: CONFIRM,
            sections: sections.collect::<Result<_>>()?,
        })
    }

    /// The anchor of the row of a workload and a configuration.
    pub(crate) fn ids(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let rows = |section: &Section| {
            let rows = section.rows.iter();
            rows.map(|row| (row.configuration.clone(), row.id.clone()))
                .collect()
        };
        let sections = self.sections.iter();
        sections
            .map(|section| (section.workload.clone(), rows(section)))
            .collect()
    }
}

/// What was found on one workload.
pub(super) fn of<'a>(sweep: &'a Sweep, workload: &str) -> impl Iterator<Item = &'a SweepResult> {
    let workload = workload.to_owned();
    sweep
        .found
        .iter()
        .filter(move |one| one.workload == workload)
}

fn rows(found: &[&SweepResult], id: &str) -> Vec<Row> {
    let rows = found.iter().enumerate();
    rows.map(|(place, one)| row(one, format!("{id}-m{place}")))
        .collect()
}

/// What the generator holds by a timetable, unmonitored.
fn own(generator: &Generator) -> String {
    generator.holds.as_ref().map_or("no rate".into(), |point| {
        let share = of_ceiling(point.of_ceiling);
        format!("{} a second ({share})", rate(point))
    })
}

fn analysis<'a>(record: &'a Record, workload: &str) -> &'a str {
    let mut all = record.workloads.iter();
    let found = all.find(|one| bare_name(&one.name) == bare_name(workload));
    found.map_or("", |one| &one.analysis)
}
