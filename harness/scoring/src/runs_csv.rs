use std::path::Path;

use anyhow::{Context, Result};
use csv::Writer;

use crate::cell::{Cell, KindScore};
use crate::record::Status;
use crate::summary::Summary;

const COLUMNS: [&str; 9] = [
    "record",
    "workload",
    "configuration",
    "repetition",
    "kind",
    "metric",
    "value",
    "unit",
    "error",
];

/// Writes `runs.csv`: one row for each figure of each cell, and one that says how the cell ended,
/// so that a cell without figures is a row too.
pub fn write_runs(path: &Path, summary: &Summary) -> Result<()> {
    std::fs::write(path, runs(summary)?)
        .with_context(|| format!("{}: cannot be written", path.display()))
}

/// What [`write_runs`] writes.
pub fn runs(summary: &Summary) -> Result<String> {
    let mut bytes = Vec::new();
    table(&mut bytes, summary)?;
    Ok(String::from_utf8(bytes)?)
}

fn table(out: &mut Vec<u8>, summary: &Summary) -> Result<()> {
    let mut writer = Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for cell in &summary.cells {
        let repetition = cell.repetition.to_string();
        for row in rows(cell) {
            writer.write_record([
                &summary.record.record,
                &cell.workload,
                &cell.configuration,
                &repetition,
                row.kind,
                &row.metric,
                &row.value,
                row.unit,
                row.error,
            ])?;
        }
    }
    Ok(writer.flush()?)
}

struct Row<'a> {
    kind: &'static str,
    metric: String,
    value: String,
    unit: &'static str,
    error: &'a str,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "numbers, not references, are what is given"
)]
fn row(metric: impl Into<String>, value: impl ToString, unit: &'static str) -> Row<'static> {
    Row {
        kind: "",
        metric: metric.into(),
        value: value.to_string(),
        unit,
        error: "",
    }
}

fn rows(cell: &Cell) -> Vec<Row<'_>> {
    let ended = match cell.status {
        Status::Ok => "ok",
        Status::Failed => "failed",
        Status::Unavailable => "unavailable",
    };
    let mut rows = vec![Row {
        error: cell.error.as_deref().unwrap_or_default(),
        ..row(ended, 1, "cell")
    }];
    if cell.status == Status::Ok {
        events(cell, &mut rows);
        fields(cell, &mut rows);
        losses(cell, &mut rows);
        pace(cell, &mut rows);
        costs(cell, &mut rows);
    }
    rows
}

fn events(cell: &Cell, rows: &mut Vec<Row<'_>>) {
    for (kind, score) in &cell.kinds.0 {
        let kind = kind.as_str();
        rows.extend(events_of(score).map(|row| Row { kind, ..row }));
        let Some(latency) = &score.latency_us else {
            continue;
        };
        for (metric, value) in [
            ("latency_p50", latency.p50),
            ("latency_p90", latency.p90),
            ("latency_p99", latency.p99),
            ("latency_p999", latency.p999),
            ("latency_max", latency.max),
        ] {
            rows.push(Row {
                kind,
                ..row(metric, value, "us")
            });
        }
    }
    rows.push(row("unrelated", cell.unrelated, "events"));
}

fn events_of(score: &KindScore) -> impl Iterator<Item = Row<'static>> {
    [
        row("offered", u8::from(score.offered), "bool"),
        row("truths", score.truths, "events"),
        row("matched", score.matched, "events"),
        row("missed", score.missed, "events"),
        row("duplicates", score.duplicates, "events"),
        row("false_positives", score.false_positives, "events"),
    ]
    .into_iter()
}

fn fields(cell: &Cell, rows: &mut Vec<Row<'_>>) {
    let offered = cell.fields.0.iter().filter(|(_, score)| score.offered);
    for (field, score) in offered {
        for (how, n) in [
            ("correct", score.correct),
            ("wrong", score.wrong),
            ("truncated", score.truncated),
            ("missing", score.missing),
        ] {
            rows.push(row(format!("{}_{how}", field.as_str()), n, "fields"));
        }
    }
}

fn losses(cell: &Cell, rows: &mut Vec<Row<'_>>) {
    for (cause, n) in &cell.reported_lost {
        rows.push(row(format!("reported_lost:{cause}"), n, "events"));
    }
    rows.push(row("silent_lost", cell.silent_lost, "events"));
    rows.push(row("drained", u8::from(cell.drained), "bool"));
}

fn pace(cell: &Cell, rows: &mut Vec<Row<'_>>) {
    let Some(pace) = &cell.pace else { return };
    rows.push(row("offered_rate", pace.offered_per_s, "1/s"));
    rows.push(row("achieved_rate", pace.achieved_per_s, "1/s"));
    rows.push(row("reached", u8::from(pace.reached), "bool"));
    let Some(late) = &pace.start_late_us else {
        return;
    };
    rows.push(row("start_late_p50", late.p50, "us"));
    rows.push(row("start_late_p99", late.p99, "us"));
    rows.push(row("start_late_max", late.max, "us"));
}

fn costs(cell: &Cell, rows: &mut Vec<Row<'_>>) {
    let cost = &cell.cost;
    for (metric, value, unit) in [
        ("events_per_s", cost.events_per_s, "1/s"),
        ("monitor_cpu", cost.own_cpu_us_per_event, "us/event"),
        ("system_cpu", cost.system_cpu_us_per_event, "us/event"),
        ("workload_cpu", cost.workload_cpu_us_per_event, "us/event"),
        ("wall", cost.wall_ms, "ms"),
    ] {
        rows.extend(value.map(|value| row(metric, value, unit)));
    }
    rows.extend(cost.peak_rss_bytes.map(|n| row("peak_rss", n, "bytes")));
    rows.push(row("steal", cell.noise.steal_ticks, "ticks"));
    let throttled = cell.noise.throttled_us;
    rows.extend(throttled.map(|us| row("throttled", us, "us")));
    rows.push(row("load", cell.noise.load, "processes"));
    rows.push(row("stolen", u8::from(cell.noise.stolen), "bool"));
    for (note, n) in &cell.notes {
        rows.push(row(format!("note:{note}"), n, ""));
    }
}
