//! The verdict on a terminal: a sentence for each need, then a line for each configuration. Names and
//! errors are escaped: nothing in a record can move the cursor or forge a row.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width};
use contract::plain;
use scoring::Summary;
use textwrap::Options;
use textwrap::core::display_width;

use crate::advise::Answer;
use crate::commands::Command;
use crate::fit::Look;
use crate::fold::Tested;
use crate::format::{self, CellText, Row, Tone};
use crate::reasons::together;
use crate::verdict::{LEGEND, Verdict};

/// Longest name of a configuration in the table.
const NAME: usize = 26;

/// Of the column of names, whatever the terminal: its head, and what stands between it and the next.
const SHORTEST: u16 = 15;

/// Of every line of words, and of the table unless a name is long.
const WIDTH: usize = 120;

/// Of a table before intervals go under their figures.
const WIDEST: usize = 140;

/// Of a column of figures.
const COLUMN: usize = 24;

/// Between columns.
const GAP: u16 = 2;

/// The verdict, then what a reader must know beside it.
pub(crate) fn verdict(summary: &Summary, tested: &Tested, verdict: &Verdict, look: Look) -> String {
    let width = look.at_most(WIDTH);
    let commands = verdict.commands.iter();
    let mut text: String = commands.map(|one| command(one, width)).collect();
    for answer in &verdict.answers {
        text += &sentence(answer, look);
    }
    text += &format!("\n{}\n\n", table(verdict, look));
    text + &notes(summary, tested, width) + &footer(summary, verdict, width)
}

/// A command, with a line for each configuration.
fn command(one: &Command, width: usize) -> String {
    let mut text = paragraph(
        &format!("{}: {}", one.workload, one.made),
        ["", "  "],
        width,
    );
    for line in &one.lines {
        text += &paragraph(line, ["  ", "    "], width);
    }
    for note in &one.notes {
        text += &paragraph(note, ["! ", "  "], width);
    }
    text
}

/// "Least cost: ebpf. It lost ...".
fn sentence(answer: &Answer, look: Look) -> String {
    let words = format!("{}: {}", answer.title, answer.sentence);
    let text = paragraph(&words, ["", "  "], look.at_most(WIDTH));
    match look.colour {
        true => text.replacen(
            &answer.title,
            &format!("\u{1b}[1m{}\u{1b}[0m", answer.title),
            1,
        ),
        false => text,
    }
}

/// Figures with their intervals beside them; where that is too wide, under them.
fn table(verdict: &Verdict, look: Look) -> String {
    let natural = lay(verdict, false, false);
    let narrow = columns(&natural) > look.at_most(WIDEST);
    let mut table = lay(verdict, look.colour, narrow);
    let most = look.at_most(usize::MAX);
    if columns(&table) > most {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(most).unwrap_or(u16::MAX));
        let least = ColumnConstraint::LowerBoundary(Width::Fixed(SHORTEST));
        if let Some(names) = table.column_mut(0) {
            names.set_constraint(least);
        }
    }
    table.trim_fmt()
}

/// How wide it is.
fn columns(table: &Table) -> usize {
    let lines = table.lines();
    lines
        .map(|line| display_width(line.trim_end()))
        .max()
        .unwrap_or_default()
}

fn lay(verdict: &Verdict, colour: bool, narrow: bool) -> Table {
    let mut table = Table::new();
    table
        .load_preset(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    if colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.add_row(
        verdict
            .head
            .map(|words| Cell::new(head(words)).add_attribute(Attribute::Bold)),
    );
    for row in &verdict.rows {
        let name = Cell::new(short(&row.configuration));
        let cells = row.cells.iter().map(|text| cell(text, narrow));
        table.add_row([name].into_iter().chain(cells));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    table
}

/// The unit of a column stands under its name.
fn head(words: &str) -> String {
    words.replacen(", ", "\n", 1)
}

/// A name that leaves room for the figures.
fn short(name: &str) -> String {
    let name = plain(name);
    match name.char_indices().nth(NAME) {
        Some(_) => name.chars().take(NAME - 1).chain(['\u{2026}']).collect(),
        None => name,
    }
}

fn cell(text: &CellText, narrow: bool) -> Cell {
    let words = match narrow {
        true => plain(&text.short).replacen(" (", "\n(", 1),
        false => plain(&text.short),
    };
    // What is long is broken between words.
    let lines = textwrap::fill(&words, Options::new(COLUMN).break_words(false));
    let cell = Cell::new(lines);
    match text.tone {
        Tone::Good => cell.fg(Color::Green),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Unknown => cell.fg(Color::DarkGrey),
        Tone::Plain => cell,
    }
}

/// What went wrong, and what is not in the table.
fn notes(summary: &Summary, tested: &Tested, width: usize) -> String {
    let rows = format::rows(summary, tested);
    let failed = rows.iter().filter(|row| !row.unavailable);
    let failed = failed.filter_map(|row| Some((row, row.not_measured.clone()?)));
    let noted = rows.iter().filter(|row| row.not_measured.is_none());
    let noted = noted.flat_map(|row| row.notes.iter().map(move |note| (row, note.clone())));
    let line = |(row, note): (&Row, String)| {
        let words = format!("{} on {}: {note}", row.configuration, row.workload);
        paragraph(&words, ["! ", "  "], width)
    };
    let all = summary.comparison.iter().collect::<Vec<_>>();
    let trouble = format::trouble(&all).into_iter();
    let trouble = trouble.map(|words| paragraph(&words, ["! ", "  "], width));
    failed.chain(noted).map(line).chain(trouble).collect()
}

fn footer(summary: &Summary, verdict: &Verdict, width: usize) -> String {
    let here = summary.record.notes.iter();
    let mut text: String = here
        .map(|note| paragraph(note, ["! ", "  "], width))
        .collect();
    for monitor in &summary.record.monitors {
        // The lines of a command name it.
        let why = monitor.unavailable.as_ref();
        if let Some(why) = why.filter(|_| verdict.commands.is_empty()) {
            let line = format!("{} cannot run here: {}", monitor.name, together(why));
            text += &paragraph(&line, ["", "  "], width);
        }
    }
    let floor = summary.noise_floor.all.as_ref();
    let floor = floor.map_or("not measured".into(), |floor| {
        format!("{:.1} %", (floor.factor - 1.0) * 100.0)
    });
    let words = format!("{LEGEND} Noise floor: {floor}; {}.", verdict.null_pairs);
    text + &paragraph(&words, ["", ""], width)
}

/// Words in lines of at most `width`; the first begins with `lead`, the others with `indent`.
fn paragraph(words: &str, [lead, indent]: [&str; 2], width: usize) -> String {
    let options = Options::new(width)
        .initial_indent(lead)
        .subsequent_indent(indent)
        .break_words(false);
    textwrap::fill(&plain(words), options) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_into_lines_that_begin_alike() {
        let text = paragraph(&"word ".repeat(60), ["! ", "  "], WIDTH);
        assert!(text.starts_with("! word word"), "{text}");
        let rest = || text.lines().skip(1);
        assert!(rest().all(|line| line.starts_with("  word")), "{text}");
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(WIDTH), "{text}");
    }
}
