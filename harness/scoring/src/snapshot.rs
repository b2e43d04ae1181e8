//! What a monitor tells of processes that ran before it is scored apart: it is neither matched with events
//! nor a fault in them.

use std::borrow::Cow;

use contract::{EventLog, Origin};

/// The live events of `log`.
pub(crate) fn live(log: &EventLog) -> Cow<'_, EventLog> {
    if log.events.iter().all(|event| event.origin == Origin::Live) {
        return Cow::Borrowed(log);
    }
    let events = log.events.iter().copied();
    Cow::Owned(EventLog {
        events: events
            .filter(|event| event.origin == Origin::Live)
            .collect(),
        arena: log.arena.clone(),
    })
}

#[cfg(test)]
mod tests {
    use contract::{Claims, Clock, EventRef, Kind, Ledger};

    use super::*;
    use crate::record::CellRun;
    use crate::scored::score;

    #[test]
    fn events_of_a_snapshot_are_no_fault_and_no_match() {
        let claims = Claims::none(Clock::Exact).with(Kind::Exec, &[]);
        let mut log = EventLog::default();
        for origin in [Origin::Snapshot, Origin::Live] {
            let report = EventRef::new(Kind::Exec, 7, 5);
            log.push(EventRef { origin, ..report });
        }
        let run = CellRun::nothing("w", "m");
        let scored = score(&run, &Ledger::default(), &log, &claims, Some(&[])).unwrap();
        let faults = scored.cell.kinds.0[&Kind::Exec].false_positives;
        assert_eq!(
            (faults, scored.cell.unrelated),
            (1, 0),
            "the live one alone"
        );
        assert_eq!(live(&log).events.len(), 1);
    }
}
