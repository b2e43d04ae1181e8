use anyhow::Result;
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

/// The text of `runs.csv`: one row for each figure of each cell, and one that says how the cell
/// ended, so that a cell without figures is a row too.
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
        for row in figures(cell) {
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

struct Figure<'a> {
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
fn figure(metric: impl Into<String>, value: impl ToString, unit: &'static str) -> Figure<'static> {
    Figure {
        kind: "",
        metric: metric.into(),
        value: value.to_string(),
        unit,
        error: "",
    }
}

fn figures(cell: &Cell) -> Vec<Figure<'_>> {
    let ended = match cell.status {
        Status::Ok => "ok",
        Status::Failed => "failed",
        Status::Unavailable => "unavailable",
    };
    let mut rows = vec![Figure {
        error: cell.error.as_deref().unwrap_or_default(),
        ..figure(ended, 1, "cell")
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

fn events(cell: &Cell, rows: &mut Vec<Figure<'_>>) {
    for (kind, score) in &cell.kinds.0 {
        let kind = kind.as_str();
        rows.extend(events_of(score).map(|row| Figure { kind, ..row }));
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
            rows.push(Figure {
                kind,
                ..figure(metric, value, "us")
            });
        }
    }
    rows.push(figure("unrelated", cell.unrelated, "events"));
}

fn events_of(score: &KindScore) -> impl Iterator<Item = Figure<'static>> {
    [
        figure("offered", u8::from(score.offered), "bool"),
        figure("truths", score.truths, "events"),
        figure("matched", score.matched, "events"),
        figure("missed", score.missed, "events"),
        figure("duplicates", score.duplicates, "events"),
        figure("false_positives", score.false_positives, "events"),
    ]
    .into_iter()
}

fn fields(cell: &Cell, rows: &mut Vec<Figure<'_>>) {
    let offered = cell.fields.0.iter().filter(|(_, score)| score.offered);
    for (field, score) in offered {
        for (how, n) in [
            ("correct", score.correct),
            ("wrong", score.wrong),
            ("truncated", score.truncated),
            ("stale", score.stale),
            ("missing", score.missing),
        ] {
            rows.push(figure(format!("{}_{how}", field.as_str()), n, "fields"));
        }
    }
}

fn losses(cell: &Cell, rows: &mut Vec<Figure<'_>>) {
    for (cause, n) in &cell.reported_lost {
        rows.push(figure(format!("reported_lost:{cause}"), n, "events"));
    }
    rows.push(figure("silent_lost", cell.silent_lost, "events"));
    rows.push(figure("drained", u8::from(cell.drained), "bool"));
}

fn pace(cell: &Cell, rows: &mut Vec<Figure<'_>>) {
    let Some(pace) = &cell.pace else { return };
    rows.push(figure("offered_rate", pace.offered_per_s, "1/s"));
    rows.push(figure("achieved_rate", pace.achieved_per_s, "1/s"));
    rows.push(figure("reached", u8::from(pace.reached), "bool"));
    let Some(late) = &pace.start_late_us else {
        return;
    };
    rows.push(figure("start_late_p50", late.p50, "us"));
    rows.push(figure("start_late_p99", late.p99, "us"));
    rows.push(figure("start_late_max", late.max, "us"));
}

fn costs(cell: &Cell, rows: &mut Vec<Figure<'_>>) {
    let cost = &cell.cost;
    for (metric, value, unit) in [
        ("events_per_s", cost.events_per_s, "1/s"),
        ("monitor_cpu", cost.own_cpu_us_per_event, "us/event"),
        ("system_cpu", cost.system_cpu_us_per_event, "us/event"),
        ("workload_cpu", cost.workload_cpu_us_per_event, "us/event"),
        ("wall", cost.wall_ms, "ms"),
    ] {
        rows.extend(value.map(|value| figure(metric, value, unit)));
    }
    rows.extend(cost.peak_rss_bytes.map(|n| figure("peak_rss", n, "bytes")));
    rows.push(figure("steal", cell.noise.steal_ticks, "ticks"));
    let throttled = cell.noise.throttled_us;
    rows.extend(throttled.map(|us| figure("throttled", us, "us")));
    rows.push(figure("load", cell.noise.load, "processes"));
    rows.push(figure("stolen", u8::from(cell.noise.stolen), "bool"));
    for (note, n) in &cell.notes {
        rows.push(figure(format!("note:{note}"), n, ""));
    }
}
