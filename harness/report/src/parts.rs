//! A record taken apart into what is shown in ways of its own: load, cases, a sweep.

use anyhow::Result;
use scoring::Summary;

use crate::blind::Blind;
use crate::cases::{self, Cases};
use crate::cost::Costs;
use crate::fold::Tested;
use crate::input::Input;
use crate::plots::{self, Plot};
use crate::sweep::Sweeps;

/// The parts.
pub(crate) struct Parts {
    pub(crate) name: String,
    /// What all anchors of it begin with.
    pub(crate) id: String,
    pub(crate) lender: Option<String>,
    /// Without cases, and without the trials of a sweep.
    pub(crate) load: Summary,
    /// With which smaller buffers loss was tested.
    pub(crate) tested: Tested,
    pub(crate) cases: Option<Cases>,
    pub(crate) blind: Blind,
    pub(crate) sweep: Option<Sweeps>,
    /// What each configuration costs at a rate.
    pub(crate) costs: Option<Costs>,
    /// The pictures on top.
    pub(crate) headline: Vec<Plot>,
    pub(crate) plots: Vec<Plot>,
}

impl Parts {
    /// Of the records of a page, in order. The files of their plots have different names.
    pub(crate) fn of_all(records: Vec<Input>) -> Result<Vec<Self>> {
        let many = records.len() > 1;
        let parts = records.into_iter().zip(1..).map(|(one, number)| {
            let lead = if many {
                format!("{number}-")
            } else {
                String::new()
            };
            Self::new(one, format!("r{number}"), &lead)
        });
        parts.collect()
    }

    fn new(input: Input, id: String, lead: &str) -> Result<Self> {
        let Input {
            name,
            lender,
            summary,
            tested,
            sweep,
        } = input;
        let sweep = sweep.map(|found| Sweeps::new(&summary, &found, &id, lead));
        let sweep = sweep.transpose()?;
        let blind = Blind::new(&summary);
        let (mut load, cases) = cases::apart(summary);
        if sweep.is_some() {
            load.comparison.clear();
            load.record.workloads.clear();
        }
        Ok(Self {
            costs: Costs::new(&load.cost_model, lead)?,
            headline: plots::headline::draw(&load, lead)?,
            plots: plots::draw(&load, lead)?,
            name,
            id,
            lender,
            load,
            tested,
            cases,
            blind,
            sweep,
        })
    }

    /// Every plot of it.
    pub(crate) fn drawn(&self) -> impl Iterator<Item = &Plot> {
        let sections = self.sweep.iter().flat_map(|sweep| &sweep.sections);
        let swept = sections.flat_map(|section| &section.plots);
        let costs = self.costs.iter().flat_map(|costs| &costs.plots);
        let own = self.headline.iter().chain(&self.plots);
        own.chain(swept).chain(costs)
    }
}

/// The other records of the same machine.
pub(crate) fn same_machine(all: &[Parts], place: usize) -> Vec<String> {
    let own = all[place].load.record.machine.identity();
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    let same = others.filter(|(_, one)| one.load.record.machine.identity() == own);
    same.map(|(_, one)| one.name.clone()).collect()
}
