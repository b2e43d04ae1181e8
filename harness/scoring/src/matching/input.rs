use contract::{Clock, Event, Ledger};

use super::buckets::Buckets;
use super::other_lives::OtherLives;

/// What is matched.
pub(super) struct Input<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) events: &'a [Event],
    pub(super) clock: Clock,
    pub(super) buckets: Buckets,
    /// `None` where the other processes of the machine are not known.
    pub(super) others: Option<OtherLives>,
}
