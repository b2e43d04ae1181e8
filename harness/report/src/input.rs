//! Records as they are read from their folders.

use std::path::{Path, PathBuf};

use anyhow::Result;
use scoring::Summary;
use scoring::record::Record;
use scoring::sweep::result::Sweep;

use crate::fold::{Tested, fold};

/// A record.
pub(crate) struct Input {
    pub(crate) name: String,
    /// The record whose cases count for this one too.
    pub(crate) lender: Option<String>,
    /// Folded: see [`crate::fold`].
    pub(crate) summary: Summary,
    pub(crate) tested: Tested,
    pub(crate) sweep: Option<Sweep>,
}

impl Input {
    /// From the folder of a record.
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let (summary, tested) = fold(Summary::read(dir)?);
        Ok(Self {
            name: summary.record.record.clone(),
            lender: None,
            summary,
            tested,
            sweep: Sweep::read(dir)?,
        })
    }

    /// From several folders: those of one machine stand together, in the order in which they were
    /// made, and each has the cases of its machine.
    pub(crate) fn read_all(dirs: &[PathBuf]) -> Result<Vec<Self>> {
        let all = dirs.iter().map(|dir| Self::read(dir));
        let mut all = all.collect::<Result<Vec<_>>>()?;
        for (one, name) in all.iter_mut().zip(names(dirs)?) {
            one.name = name;
        }
        all.sort_by(|a, b| {
            let [a, b] = [a, b].map(|one| &one.summary.record);
            let machine = a.machine.identity().cmp(&b.machine.identity());
            machine.then_with(|| a.started.cmp(&b.started))
        });
        lend_cases(&mut all);
        Ok(all)
    }
}

/// What records are called: by their own name, or, where several have that, by their folder.
pub(crate) fn names(dirs: &[PathBuf]) -> Result<Vec<String>> {
    let own = dirs.iter().map(|dir| Ok(Record::read(dir)?.record));
    let own: Vec<String> = own.collect::<Result<_>>()?;
    let name = |(name, dir): (&String, &PathBuf)| {
        let same = own.iter().filter(|other| *other == name);
        match same.count() {
            1 => name.clone(),
            _ => dir.display().to_string(),
        }
    };
    Ok(own.iter().zip(dirs).map(name).collect())
}

/// Gives every record without cases those of its machine, for the answers.
fn lend_cases(all: &mut [Input]) {
    let lent = |one: &Input| {
        let others = all.iter().map(|other| &other.summary);
        let lender = lender(&one.summary, others)?;
        let named = all
            .iter()
            .find(|one| std::ptr::eq(&raw const one.summary, lender))?;
        Some((named.name.clone(), lender.cases.clone()))
    };
    let lent: Vec<_> = all.iter().map(lent).collect();
    for (one, lent) in all.iter_mut().zip(lent) {
        if let Some((name, cases)) = lent {
            one.lender = Some(name);
            one.summary.cases = cases;
        }
    }
}

/// The latest of the records whose cases count for `one` too: of the same machine, where `one` has
/// none of its own.
pub fn lender<'a>(one: &Summary, others: impl Iterator<Item = &'a Summary>) -> Option<&'a Summary> {
    let lenders = others.filter(|other| other.lends_to(one));
    lenders.max_by_key(|other| &other.record.started)
}
