//! A page over one record or several.

use anyhow::Result;
use serde::Serialize;

use super::record::View;
use crate::kernels::Kernels;
use crate::parts::{Parts, same_machine};

#[derive(Debug, Serialize)]
pub(crate) struct Page<'a> {
    title: &'a str,
    version: &'static str,
    /// Of several records.
    kernels: Option<Kernels<'a>>,
    records: Vec<View<'a>>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(title: &'a str, parts: &'a [Parts]) -> Result<Self> {
        let views = parts.iter().enumerate();
        let views = views.map(|(place, one)| View::new(one, same_machine(parts, place)));
        Ok(Self {
            title,
            version: env!("CARGO_PKG_VERSION"),
            kernels: Kernels::of_many(parts.iter().map(|one| &one.load)),
            records: views.collect::<Result<_>>()?,
        })
    }
}
