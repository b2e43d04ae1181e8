//! Commands that are not ours: for each configuration one line with what it costs and what it saw. What
//! is asked of a monitor on one's own work is answered by that; which monitor is best for a need is not.

use contract::{Field, Kind};
use scoring::record::{Record, Status};
use scoring::{Cell, Comparison, Slowdown, Summary};
use serde::Serialize;

use crate::format;
use crate::numbers::{bytes, count, micros, percent, thousands};
use crate::reasons::together;

/// Half of an interval of a slowdown that is too wide to decide by.
const COARSE: f64 = 0.1;

/// A command.
#[derive(Debug, Serialize)]
pub(crate) struct Command {
    pub(crate) workload: String,
    /// What it makes, and how long it takes unmonitored.
    pub(crate) made: String,
    /// One for each configuration.
    pub(crate) lines: Vec<String>,
    /// What a reader must know beside them.
    pub(crate) notes: Vec<String>,
}

/// The commands of a record.
pub(crate) fn commands(summary: &Summary) -> Vec<Command> {
    let all = summary.record.workloads.iter();
    let commands = all.filter(|one| one.is_command());
    commands.map(|one| command(summary, &one.name)).collect()
}

/// Whether nothing else is measured.
pub(crate) fn nothing_else(record: &Record) -> bool {
    let mut all = record.workloads.iter();
    !record.workloads.is_empty() && all.all(scoring::record::WorkloadInfo::is_command)
}

/// What a command made in its cells without a monitor; `None` where that is not known.
pub(crate) fn made(summary: &Summary, workload: &str) -> Option<String> {
    let cells = unmonitored(summary, workload);
    let kinds = Kind::ALL.map(|kind| {
        let of = |cell: &&Cell| Some(cell.kinds.get(kind)?.truths + ambiguous(cell, kind));
        let counts: Vec<u64> = cells.iter().filter_map(of).collect();
        let (least, most) = (counts.iter().min()?, counts.iter().max()?);
        Some(match least == most {
            true => count(*most, kind.as_str()),
            false => format!("{} to {}", thousands(*least), count(*most, kind.as_str())),
        })
    });
    let known = cells.iter().any(|cell| cell.events() > 0);
    let kinds: Option<Vec<String>> = kinds.into_iter().collect();
    kinds.filter(|_| known).map(|kinds| kinds.join(", "))
}

fn ambiguous(cell: &Cell, kind: Kind) -> u64 {
    cell.ambiguous.get(kind).map_or(0, |of| of.truths)
}

fn unmonitored<'a>(summary: &'a Summary, workload: &str) -> Vec<&'a Cell> {
    let all = summary.cells.iter();
    let own = all.filter(|cell| cell.workload == workload && cell.configuration == "null");
    own.filter(|cell| cell.status == Status::Ok).collect()
}

fn command(summary: &Summary, workload: &str) -> Command {
    let rows = summary.comparison.iter();
    let rows: Vec<_> = rows.filter(|row| row.workload == workload).collect();
    let monitored = rows.iter().filter(|row| row.configuration != "null");
    Command {
        workload: workload.to_owned(),
        made: first(summary, workload),
        lines: monitored.map(|row| line(row)).collect(),
        notes: notes(summary, workload, &rows),
    }
}

/// "1,204 forks, 1,310 execs, 1,204 exits in 0.8 s without a monitor (mean of 24 cells)".
fn first(summary: &Summary, workload: &str) -> String {
    let cells = unmonitored(summary, workload);
    let walls: Vec<f64> = cells.iter().filter_map(|cell| cell.cost.wall_ms).collect();
    let made = made(summary, workload).unwrap_or_else(|| "unknown events".into());
    if walls.is_empty() {
        return "no cell without a monitor was measured".into();
    }
    let mean = micros(walls.iter().sum::<f64>() * 1000.0 / walls.len() as f64);
    let cells = count(walls.len() as u64, "cell");
    format!("{made} in {mean} without a monitor (mean of {cells})")
}

/// "ebpf: +1.8 % (0.9 to 2.7); saw 12,310 of 12,310 execs, 14,002 of 14,002 forks in 12 cells".
fn line(row: &Comparison) -> String {
    let name = &row.configuration;
    if row.repetitions == 0 {
        let how = if row.failed > 0 {
            "failed"
        } else {
            "cannot run here"
        };
        return format!("{name}: {how}: {}", together(&row.errors));
    }
    let mut words = vec![format::slowdown(row.slowdown.as_ref()).full];
    words.extend(row.slowdown_per_process.as_ref().map(|slowdown| {
        let each = format::slowdown(Some(slowdown)).full;
        format!("per process {each}, as the number of processes differs")
    }));
    words.extend(saw(row));
    words.extend(told(row));
    for (n, what) in [
        (row.false_positives, "false positive"),
        (row.duplicates, "duplicate"),
    ] {
        words.extend((n > 0).then(|| count(n, what)));
    }
    words.extend(cost(row));
    format!("{name}: {}", words.join("; "))
}

/// "0.2 % of one CPU, 12 MiB": what the monitor itself took while the command ran.
fn cost(row: &Comparison) -> Option<String> {
    let (events, own) = (row.events_per_s?, row.own_cpu_us_per_event?.value);
    let memory = row.peak_rss_bytes.filter(|bytes| *bytes > 0)?;
    let cpu = percent(events * own / 1e6);
    Some(format!("{cpu} of one CPU, {}", bytes(memory)))
}

/// Of the kinds that are offered, how many of how many; execs first.
fn saw(row: &Comparison) -> Option<String> {
    if row
        .truth_source
        .as_ref()
        .is_none_or(|source| source.starts_with("none"))
    {
        return None;
    }
    let kinds = [Kind::Exec, Kind::Fork, Kind::Exit];
    let of = |kind: Kind| {
        let loss = row.loss.get(kind)?;
        let more = row.ambiguous.get(kind).copied().unwrap_or_default();
        let seen = thousands(loss.truths - loss.missed + more.reported);
        let all = count(loss.truths + more.truths, kind.as_str());
        Some(match more.truths {
            0 => format!("{seen} of {all}"),
            n => format!("{seen} of {all} ({} ambiguous)", thousands(n)),
        })
    };
    let found: Vec<_> = kinds.into_iter().filter_map(of).collect();
    let cells = count(row.repetitions as u64, "cell");
    (!found.is_empty()).then(|| format!("saw {} in {cells}", found.join(", ")))
}

/// "exe right for 310 of 310, argv for 309 of 310": where passes with every exec written down tell it.
fn told(row: &Comparison) -> Option<String> {
    let right = |field: Field| {
        let score = row
            .fields
            .get(field)
            .filter(|score| score.offered && score.judged() > 0)?;
        let (right, of) = (thousands(score.correct), thousands(score.judged()));
        Some(format!("{} right for {right} of {of}", field.as_str()))
    };
    let fields: Vec<_> = [Field::Exe, Field::Argv]
        .into_iter()
        .filter_map(right)
        .collect();
    (!fields.is_empty()).then(|| fields.join(", "))
}

/// What is to be done where the intervals are so wide that nobody can decide by them.
fn coarse<'a>(slowdowns: impl Iterator<Item = &'a Slowdown>) -> Option<String> {
    let half = |one: &Slowdown| Some((one.high? - one.low?) / 2.0);
    let worst = slowdowns.filter_map(half).fold(0.0, f64::max);
    (worst > COARSE).then(|| {
        format!(
            "too coarse to decide: an overhead of less than {:.0} % cannot be told from none: give more time \
             (--budget), a longer command or a quieter machine",
            worst * 100.0
        )
    })
}

fn notes(summary: &Summary, workload: &str, rows: &[&Comparison]) -> Vec<String> {
    let mut notes = Vec::new();
    let sources = rows.iter().filter_map(|row| row.truth_source.as_deref());
    let unknown = sources.filter_map(|source| source.strip_prefix("none: "));
    notes.extend(
        unknown
            .take(1)
            .map(|why| format!("its events are not known: {why}")),
    );
    let monitored = rows.iter().filter(|row| row.configuration != "null");
    notes.extend(coarse(monitored.filter_map(|row| row.slowdown.as_ref())));
    if rows.iter().any(|row| saw(row).is_some()) {
        notes.push(match rows.iter().any(|row| told(row).is_some()) {
            true => "exe and argv are those of the passes of --argv, each exec of which was written down before it \
                     happened; what it costs is not taken from them"
                .into(),
            false => "of the fields only the exit status is known here, and judged; --argv tells exe and argv, too".into(),
        });
    }
    if rows.iter().any(|row| !row.ambiguous.is_empty()) {
        notes.push(
            "ambiguous: a process executed several programs; these execs are counted, not matched"
                .into(),
        );
    }
    let own = summary
        .cells
        .iter()
        .filter(|cell| cell.workload == workload);
    let left = own.filter_map(|cell| cell.notes.get("left_running")).max();
    notes.extend(left.map(|&most| {
        let processes = match most {
            1 => "1 process".to_owned(),
            most => format!("{} processes", thousands(most)),
        };
        format!("leaves {processes} running at its end, ended with each cell")
    }));
    let null = rows
        .iter()
        .find(|row| row.configuration == "null" && row.failed > 0);
    notes.extend(null.map(|row| {
        let cells = count(row.failed as u64, "cell");
        format!(
            "{cells} without a monitor failed: {}",
            row.errors.join("; ")
        )
    }));
    notes
}

#[cfg(test)]
mod tests {
    use scoring::{Slowdown, Verdict};

    use super::coarse;

    fn slowdown(low: f64, high: f64) -> Slowdown {
        Slowdown {
            ratio: 1.0,
            low: Some(low),
            high: Some(high),
            pairs: 3,
            verdict: Verdict::Unknown,
        }
    }

    #[test]
    fn what_decides_nothing_says_what_to_do() {
        let narrow = slowdown(0.95, 1.05);
        assert_eq!(coarse([&narrow].into_iter()), None);
        let single = Slowdown {
            low: None,
            ..narrow
        };
        assert_eq!(coarse([&single].into_iter()), None);
        let said = coarse([&narrow, &slowdown(0.6, 1.4)].into_iter()).unwrap_or_default();
        assert!(said.contains("less than 40 % "), "{said}");
        assert!(said.contains("--budget"), "{said}");
    }
}
