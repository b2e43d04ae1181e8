//! The likely cause of what went wrong, from what was counted in the cell. Where the counts do not say, it is
//! not known.

use contract::Kind;
use scoring::{Cell, Group, What};

use crate::numbers::thousands;

/// In words.
pub(super) fn of(cell: &Cell, group: &Group) -> String {
    match group.what {
        What::Missed => missed(cell, group),
        What::Wrong => wrong(group.fault.as_deref()).into(),
        What::FalsePositive => {
            "no such event, neither of the workload nor of another process of the machine".into()
        }
    }
}

fn missed(cell: &Cell, group: &Group) -> String {
    if let Some(why) = &cell.blind {
        return format!("blind: {why}");
    }
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == group.kind);
    let score = kind.and_then(|kind| cell.kinds.get(kind));
    if score.is_some_and(|score| score.missed == score.truths) {
        return format!("no hook: not one {} of this cell was reported", group.kind);
    }
    let lost: u64 = cell.reported_lost.values().sum();
    if lost > 0 {
        let causes = cell.reported_lost.iter().filter(|(_, count)| **count > 0);
        let causes: Vec<_> = causes
            .map(|(cause, count)| format!("{cause} {}", thousands(*count)))
            .collect();
        return format!("buffer full: reported as lost are {}", causes.join(", "));
    }
    let full = cell
        .buffer
        .as_ref()
        .and_then(|one| Some(one.peak? >= one.capacity?));
    if full == Some(true) {
        return "buffer full: at some read there was no room in it, though no loss was reported"
            .into();
    }
    if !cell.drained {
        return "still on its way: what was sent after the workload had not been reported in time"
            .into();
    }
    match group.process_seen {
        Some(false) => "no hook: nothing of these processes was reported".into(),
        _ => "not known: other events of these processes were reported, and nothing was reported as lost".into(),
    }
}

fn wrong(fault: Option<&str>) -> &'static str {
    match fault {
        Some("missing") => "look-up too late: the process had ended, or could not be read any more",
        Some("stale") => "look-up at another time: the value is that of an earlier program",
        Some("truncated") => "cut by the monitor, which says so: longer than what it keeps",
        _ => "not known: another value was reported, or a part that does not say it is one",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scoring::record::{Buffer, CellRun};
    use scoring::{Keyed, KindScore};

    fn group(process_seen: bool) -> Group {
        Group {
            what: What::Missed,
            kind: "fork".into(),
            field: None,
            fault: None,
            process_seen: Some(process_seen),
            total: 3,
            events: vec![(7, 100)],
        }
    }

    fn cell(missed: u64) -> Cell {
        let score = KindScore {
            offered: true,
            truths: 10,
            matched: 10 - missed,
            missed,
            ..KindScore::default()
        };
        Cell {
            kinds: Keyed([(Kind::Fork, score)].into()),
            drained: true,
            ..Cell::blank(&CellRun::nothing("storm", "made"))
        }
    }

    #[test]
    fn the_cause_follows_from_what_was_counted() {
        let begins = |cell: &Cell, seen: bool, words: &str| {
            let found = of(cell, &group(seen));
            assert!(found.starts_with(words), "{found}");
        };
        begins(&cell(10), true, "no hook: not one fork");
        begins(&cell(3), false, "no hook: nothing of these processes");
        begins(&cell(3), true, "not known");
        let undrained = Cell {
            drained: false,
            ..cell(3)
        };
        begins(&undrained, true, "still on its way");
        let buffer = Buffer {
            capacity: Some(8),
            peak: Some(8),
            unit: "bytes".into(),
            least_per_event: None,
        };
        let full = Cell {
            buffer: Some(buffer),
            ..cell(3)
        };
        begins(&full, true, "buffer full: at some read");
        let lost = [("ring_full".to_owned(), 3)].into();
        let told = Cell {
            reported_lost: lost,
            ..full
        };
        begins(&told, true, "buffer full: reported as lost are ring_full 3");
        let blind = Cell {
            blind: Some("hooked elsewhere".into()),
            ..told
        };
        begins(&blind, true, "blind: hooked elsewhere");
    }
}
