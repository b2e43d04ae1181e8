//! What went wrong, for a terminal.

use contract::plain;

use super::answer::{Explained, ExplainedCell, ExplainedGroup};
use crate::numbers::{micros, thousands};

/// So many events of a group are named.
const NAMED: usize = 5;

/// A paragraph for each cell; what is from the record is escaped.
pub fn text(found: &Explained) -> String {
    if found.cells.is_empty() {
        return "nothing of this went wrong\n".into();
    }
    let cells: Vec<_> = found.cells.iter().map(cell).collect();
    cells.join("\n")
}

/// What went wrong there as well and was not asked for; one line.
pub fn not_asked(found: &Explained) -> Option<String> {
    let each = found.not_asked.iter();
    let each =
        each.map(|(what, total)| format!("{} {}", thousands(*total), what.replace('_', " ")));
    let each: Vec<_> = each.collect();
    let more = "leave out --missed, --wrong and --false to see everything";
    (!each.is_empty()).then(|| format!("not asked for, and there: {}: {more}", each.join(", ")))
}

fn cell(one: &ExplainedCell) -> String {
    let counts = one.counted.reported_lost.iter();
    let mut counted: Vec<_> = counts
        .map(|(cause, count)| format!("reported lost, {cause}: {}", thousands(*count)))
        .collect();
    counted.push(format!(
        "silent loss: {}",
        thousands(one.counted.silent_lost)
    ));
    let mut lines = vec![format!(
        "{} on {}, repetition {}; counted in this cell: {}",
        one.configuration,
        one.workload,
        one.repetition,
        counted.join(", ")
    )];
    lines.extend(one.groups.iter().flat_map(group));
    lines.iter().map(|line| plain(line) + "\n").collect()
}

fn group(one: &ExplainedGroup) -> [String; 3] {
    let (of, total) = (&one.kind, thousands(one.total));
    let what = match (&one.field, &one.fault) {
        (Some(field), Some(fault)) => format!("{total} of {of} with {field} {fault}"),
        _ => format!("{total} {of} {}", one.what.as_str().replace('_', " ")),
    };
    let events = one.events.iter().take(NAMED);
    let events: Vec<_> = events
        .map(|event| format!("pid {} at {}", event.pid, micros(event.at_us as f64)))
        .collect();
    let more = match one.total > events.len() as u64 {
        true => ", ...",
        false => "",
    };
    [
        format!("  {what}"),
        format!("    likely cause: {}", one.likely_cause),
        format!("    {}{more}", events.join(", ")),
    ]
}
