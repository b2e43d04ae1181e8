use contract::{Clock, Event, Kind, Nanos};
use std::num::NonZeroU64;

/// Without a clock of the technique's own a late report and one about the next owner of the pid
/// look alike. So long after the end of a process such a report is still held to be about it.
const PATIENCE: Nanos = 1_000_000_000;

/// The time of which an event can speak: never later than it was received.
#[derive(Clone, Copy)]
pub(super) struct TimeSpan {
    pub(super) earliest: Nanos,
    pub(super) latest: Nanos,
    clocked: bool,
}

impl TimeSpan {
    pub(super) fn of(event: &Event, clock: Clock) -> Self {
        let told = event.happened.map(NonZeroU64::get);
        let (earliest, latest) = match (told, clock) {
            (None, _) | (_, Clock::None) => (0, event.received),
            (Some(at), Clock::ExitsLate(late)) if event.kind == Kind::Exit => {
                (at.saturating_sub(late), at)
            }
            (Some(at), Clock::Exact | Clock::ExitsLate(_)) => (at, at),
            (Some(at), Clock::Coarse { early, late }) => {
                (at.saturating_sub(late), at.saturating_add(early))
            }
        };
        let latest = latest.min(event.received);
        Self {
            earliest: earliest.min(latest),
            latest,
            clocked: told.is_some() && clock != Clock::None,
        }
    }

    /// For the question whose process it was, see [`PATIENCE`].
    pub(super) fn patient(mut self) -> Self {
        if !self.clocked {
            self.earliest = self.latest.saturating_sub(PATIENCE);
        }
        self
    }
}
