//! The matrix on a terminal: a line for each configuration and workload. Names and errors are escaped:
//! nothing in a record can move the cursor or forge a row.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width};
use contract::plain;
use scoring::Summary;
use scoring::record::WorkloadInfo;
use textwrap::Options;

use crate::format::{self, CellText, Row, Tone};
use crate::numbers::count;

const HEAD: [&str; 8] = [
    "configuration",
    "fork missed",
    "exec missed",
    "exit missed",
    "fields correct",
    "latency p50/p99",
    "slowdown",
    "CPU us",
];

/// Longest name of a configuration in the matrix.
const NAME: usize = 32;

/// Between columns.
const GAP: u16 = 2;

/// Of every line of words, and of the matrix unless a name is long.
const WIDTH: usize = 120;

/// The matrix, workload by workload, then what the signs mean and what is not in it.
pub(crate) fn matrix(summary: &Summary, colour: bool) -> String {
    let rows = format::rows(summary);
    let shown: Vec<_> = rows
        .iter()
        .filter(|row| row.not_measured.is_none())
        .collect();
    let widths = widths(&shown);
    let mut text = format!("\n{}\n", lines(&[], &widths, colour));
    for workload in &summary.record.workloads {
        let of: Vec<_> = rows
            .iter()
            .filter(|row| row.workload == workload.name)
            .collect();
        text += &block(workload, &of, &widths, colour);
    }
    text + &footer(summary)
}

fn block(workload: &WorkloadInfo, rows: &[&Row], widths: &[u16; 8], colour: bool) -> String {
    let mut text = format!("\n{}\n", title(workload, rows, colour));
    let (not_measured, shown): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.not_measured.is_some());
    if !shown.is_empty() {
        text += &format!("{}\n", lines(&shown, widths, colour));
    }
    for row in not_measured.iter().filter(|row| !row.unavailable) {
        let why = row.not_measured.as_deref().unwrap_or_default();
        text += &paragraph(&format!("{} {why}", row.configuration), "  ");
    }
    for row in shown.iter().filter(|row| !row.notes.is_empty()) {
        let notes = row.notes.join("; ");
        text += &paragraph(&format!("{}: {notes}", row.configuration), "  ! ");
    }
    if shown.iter().any(|row| row.blind) {
        text += &paragraph(&workload.analysis, "  why: ");
    }
    text
}

/// "fork-bomb: 32,767 forks, 1 exec, 32,767 exits, 3 times".
fn title(workload: &WorkloadInfo, rows: &[&Row], colour: bool) -> String {
    let [fork, exec, exit] = workload.expected;
    let times = rows.iter().map(|row| row.repetitions).max().unwrap_or(0);
    let made = [
        count(fork, "fork"),
        count(exec, "exec"),
        count(exit, "exit"),
    ]
    .join(", ");
    let (on, off) = if colour {
        ("\u{1b}[1m", "\u{1b}[0m")
    } else {
        ("", "")
    };
    format!(
        "{on}{}{off}: {made}, {}",
        plain(&workload.name),
        count(times as u64, "time")
    )
}

/// A line for each row; without rows, the head.
fn lines(rows: &[&&Row], widths: &[u16; 8], colour: bool) -> String {
    let mut table = Table::new();
    table
        .load_preset(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    if colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    if rows.is_empty() {
        table.add_row(HEAD.map(|word| Cell::new(word).add_attribute(Attribute::Bold)));
    }
    for row in rows {
        table.add_row(cells(row));
    }
    for (column, width) in table.column_iter_mut().zip(widths) {
        column.set_padding((0, GAP));
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + GAP)));
    }
    table.trim_fmt()
}

fn cells(row: &Row) -> Vec<Cell> {
    let mut cells = vec![Cell::new(short(&row.configuration))];
    let figures = row
        .missed
        .iter()
        .chain([&row.fields, &row.latency, &row.slowdown]);
    cells.extend(figures.map(cell));
    cells.push(Cell::new(cpu(row)));
    cells
}

/// A name that leaves room for the figures.
fn short(name: &str) -> String {
    let name = plain(name);
    match name.char_indices().nth(NAME) {
        Some(_) => name.chars().take(NAME - 1).chain(['\u{2026}']).collect(),
        None => name,
    }
}

fn cell(text: &CellText) -> Cell {
    let cell = Cell::new(&text.short);
    match text.tone {
        Tone::Good => cell.fg(Color::Green),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Plain => cell,
    }
}

fn cpu(row: &Row) -> String {
    format!("{} {}", row.own_cpu.short, row.system_cpu.short)
}

/// Every column as wide as its widest figure, over all workloads, so that they line up.
fn widths(rows: &[&Row]) -> [u16; 8] {
    let mut widths = HEAD.map(|word| word.chars().count());
    for row in rows {
        let cells = cells(row);
        for (width, cell) in widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.content().chars().count());
        }
    }
    widths.map(|width| width as u16)
}

fn footer(summary: &Summary) -> String {
    let floor = summary.noise_floor.all.as_ref();
    let floor = floor.map_or("not measured".into(), |floor| {
        format!("{:.1} %", (floor.factor - 1.0) * 100.0)
    });
    let mut text = "\n".to_owned();
    text += &paragraph(
        &format!(
            "\u{2264} and \u{2265}: the end of the 95 % interval; ~: within noise (overall {floor}); CPU us: per event, of \
             the monitor itself and, after it, of the whole system beyond the unmonitored baseline"
        ),
        "",
    );
    for monitor in &summary.record.monitors {
        if let Some(why) = &monitor.unavailable {
            let line = format!("{} cannot run here: {}", monitor.name, why.join("; "));
            text += &paragraph(&line, "");
        }
    }
    text
}

/// Words in lines of at most [`WIDTH`]; the first begins with `lead`, the others as far in.
fn paragraph(words: &str, lead: &str) -> String {
    let indent = " ".repeat(lead.chars().count());
    let options = Options::new(WIDTH)
        .initial_indent(lead)
        .subsequent_indent(&indent)
        .break_words(false);
    textwrap::fill(&plain(words), options) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_into_lines_that_begin_alike() {
        let text = paragraph(&"word ".repeat(60), "  why: ");
        assert!(text.starts_with("  why: word word"), "{text}");
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with("       word")),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
    }
}
