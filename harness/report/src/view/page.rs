//! A page over one record or several.

use anyhow::Result;
use serde::Serialize;

use super::record::{Other, View};
use crate::advise::{self, Asked, Named, Rules};
use crate::kernels::Kernels;
use crate::parts::{Parts, same_machine};
use crate::tamper::Matrix;

#[derive(Debug, Serialize)]
pub(crate) struct Page<'a> {
    title: &'a str,
    version: &'static str,
    /// Of several records.
    kernels: Option<Kernels<'a>>,
    records: Vec<View<'a>>,
    tamper: Option<Matrix>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(title: &'a str, parts: &'a [Parts], tamper: Option<Matrix>) -> Result<Self> {
        let views = parts.iter().enumerate();
        let views = views
            .map(|(place, one)| View::new(one, same_machine(parts, place), others(parts, one)?));
        Ok(Self {
            title,
            version: env!("CARGO_PKG_VERSION"),
            kernels: Kernels::of_many(parts.iter().map(|one| (&*one.name, &one.load))),
            records: views.collect::<Result<_>>()?,
            tamper,
        })
    }
}

/// The records of the page that are of the machine of `one` and answer a need differently.
fn others(parts: &[Parts], one: &Parts) -> Result<Vec<Other>> {
    let rules = Rules::embedded()?;
    let all: Vec<_> = parts.iter().map(named).collect();
    let of_need = |need: &advise::Need| {
        let others = advise::others(&rules, need, Asked::default(), named(one), &all);
        let name = need.name.clone();
        others.into_iter().map(move |other| Other {
            need: name.clone(),
            words: other.words,
        })
    };
    Ok(rules.needs.iter().flat_map(of_need).collect())
}

fn named(one: &Parts) -> Named<'_> {
    Named {
        name: &one.name,
        summary: &one.load,
    }
}
