//! What stands above a column: one record.

use scoring::Summary;
use serde::Serialize;

/// A record, and what the page calls it.
pub(crate) type Named<'a> = (&'a str, &'a Summary);

/// A column.
#[derive(Debug, Serialize)]
pub(super) struct Head<'a> {
    kernel: &'a str,
    record: &'a str,
    started: &'a str,
    virtualisation: &'a str,
    distribution: &'a str,
}

impl<'a> Head<'a> {
    pub(super) fn of(&(record, one): &Named<'a>) -> Self {
        Self {
            kernel: &one.record.machine.kernel,
            record,
            started: &one.record.started,
            virtualisation: &one.record.machine.virtualisation,
            distribution: &one.record.machine.distribution,
        }
    }
}
