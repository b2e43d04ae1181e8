//! The matrix on a terminal. Control characters in labels and errors are escaped: nothing in a
//! record can move the cursor or forge a row.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table};

use super::figures::{self, Row};
use crate::score::Summary;

const HEAD: [&str; 9] = [
    "monitor",
    "fork missed",
    "exec missed",
    "exit missed",
    "facts",
    "late p50 / p99",
    "slowdown",
    "CPU us/moment",
    "false",
];

/// One table, its rows grouped by workload.
pub(super) fn matrix(summary: &Summary, colour: bool) -> String {
    let rows = figures::rows(summary);
    let mut text = String::new();
    for workload in &summary.record.workloads {
        let mut table = Table::new();
        table
            .load_preset(UTF8_HORIZONTAL_ONLY)
            .set_content_arrangement(ContentArrangement::Dynamic);
        if colour {
            table.enforce_styling()
        } else {
            table.force_no_tty()
        };
        if table.width().is_none() {
            table.set_width(150);
        }
        table.set_header(HEAD.map(|word| Cell::new(word).add_attribute(Attribute::Bold)));
        for row in rows.iter().filter(|row| row.workload == workload.name) {
            table.add_row(cells(row));
        }
        text += &format!("\n{}\n{table}\n", safe(&workload.name));
    }
    text
}

fn cells(row: &Row) -> Vec<Cell> {
    let mut cells = vec![Cell::new(safe(&row.monitor))];
    if let Some(why) = &row.absent {
        cells.push(Cell::new(safe(why)).fg(Color::DarkGrey));
        return cells;
    }
    let colour = if row.lossy { Color::Red } else { Color::Green };
    cells.extend(row.missed.iter().map(|text| Cell::new(text).fg(colour)));
    let rest = [
        &row.facts,
        &row.late,
        &row.slowdown,
        &row.monitor_cpu,
        &row.false_events,
    ];
    cells.extend(rest.into_iter().map(Cell::new));
    cells
}

fn safe(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect()
            } else {
                vec![c]
            }
        })
        .collect()
}
