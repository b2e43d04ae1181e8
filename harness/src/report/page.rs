//! The report as Markdown and as one self-contained page of HTML: the same content twice.

use anyhow::{Context, Result};
use minijinja::{AutoEscape, Environment, Value, context};

use super::figures::{self, Row};
use super::plots::Plot;
use crate::score::Summary;

/// `README.md`.
pub(super) fn markdown(summary: &Summary, plots: &[Plot]) -> Result<String> {
    render(
        "report.md",
        include_str!("report.md.jinja"),
        AutoEscape::None,
        summary,
        plots,
        &escape_markdown,
    )
}

/// `report.html`.
pub(super) fn html(summary: &Summary, plots: &[Plot]) -> Result<String> {
    render(
        "report.html",
        include_str!("report.html.jinja"),
        AutoEscape::Html,
        summary,
        plots,
        &|text| escape_control(text),
    )
}

fn render(
    name: &'static str,
    template: &'static str,
    escape: AutoEscape,
    summary: &Summary,
    plots: &[Plot],
    safe: &dyn Fn(&str) -> String,
) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| escape);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment
        .add_template(name, template)
        .with_context(|| format!("template {name}"))?;
    let page = environment.get_template(name)?;
    Ok(page.render(values(summary, plots, safe))?)
}

/// Everything a template may show; `safe` has been over every text that comes from a record.
fn values(summary: &Summary, plots: &[Plot], safe: &dyn Fn(&str) -> String) -> Value {
    let record = &summary.record;
    let rows = figures::rows(summary);
    let workloads: Vec<_> = record
        .workloads
        .iter()
        .map(|one| {
            let rows = rows.iter().filter(|row| row.workload == one.name);
            let rows: Vec<_> = rows.map(|row| row_value(row, safe)).collect();
            let [fork, exec, exit] = one.expected.map(figures::thousands);
            context! { name => safe(&one.name), analysis => safe(&one.analysis), fork, exec, exit, rows }
        })
        .collect();
    let monitors: Vec<_> = record
        .monitors
        .iter()
        .map(|one| {
            let why = one
                .unavailable
                .as_ref()
                .map(|lines| safe(&lines.join("; ")));
            context! { name => safe(&one.name), about => safe(&one.about), why }
        })
        .collect();
    let faults = summary
        .cells
        .iter()
        .filter(|cell| cell.status == crate::record::Status::Failed);
    let faults: Vec<_> = faults
        .map(|cell| {
            let why = safe(cell.error.as_deref().unwrap_or_default());
            context! { workload => safe(&cell.workload), monitor => safe(&cell.monitor), repetition => cell.repetition, why }
        })
        .collect();
    let plots: Vec<_> = plots
        .iter()
        .map(|plot| context! { name => plot.name, title => plot.title, svg => &*plot.svg })
        .collect();
    let words: Vec<_> = record
        .command
        .iter()
        .skip(1)
        .map(|word| safe(word))
        .collect();
    context! {
        name => safe(&record.record), started => &*record.started, command => format!("harness {}", words.join(" ")),
        seed => record.seed, scale => record.scale, repetitions => record.repetitions, version => &*record.version,
        machine => machine(summary, safe), correctness_only => record.machine.correctness_only,
        floor => summary.noise_floor.all.as_ref().map(|floor| format!("{:.1} %", (floor.factor - 1.0).abs() * 100.0)),
        workloads, monitors, faults, plots,
        recovered => record.recovered.iter().map(|line| safe(line)).collect::<Vec<_>>(),
    }
}

fn machine(summary: &Summary, safe: &dyn Fn(&str) -> String) -> String {
    let m = &summary.record.machine;
    let text = format!(
        "{} CPUs ({}), {} MiB, Linux {} {}, {}, {}, virtualised: {}, clock source {}, control groups {}, user id {}",
        m.cpus,
        m.cpu,
        m.memory_bytes >> 20,
        m.kernel,
        m.arch,
        m.distribution,
        m.libc,
        m.virtualisation,
        m.clocksource,
        m.cgroup,
        m.uid
    );
    safe(&text)
}

fn row_value(row: &Row, safe: &dyn Fn(&str) -> String) -> Value {
    let [fork, exec, exit] = &row.missed;
    context! {
        monitor => safe(&row.monitor), absent => row.absent.as_deref().map(safe), fork, exec, exit,
        facts => &*row.facts, false_events => &*row.false_events, late => &*row.late, slowdown => &*row.slowdown,
        monitor_cpu => &*row.monitor_cpu, system_cpu => &*row.system_cpu, told => &*row.loss_told, lossy => row.lossy,
    }
}

fn escape_control(text: &str) -> String {
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

/// Nothing in a record becomes markup, a link or a new row of a table.
fn escape_markdown(text: &str) -> String {
    let mut out = String::new();
    for c in escape_control(text).chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '|' | '`' | '*' | '[' | ']' | '!' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "a|b\n# x <script>`y` [l](u)\u{1b}[2J";
        let safe = escape_markdown(hostile);
        assert!(
            !safe.contains('\n') && !safe.contains("<script") && !safe.contains('\u{1b}'),
            "{safe}"
        );
        assert!(!safe.replace("\\|", "").contains('|'), "{safe}");
    }
}
