//! Where a figure of a claim is found.

use std::str::FromStr;

use anyhow::{Context, Result};
use contract::Kind;
use scoring::cost_model::Cpu;
use scoring::stats::Estimate;
use scoring::{CaseOutcome, Comparison, Slowdown, Summary};
use serde::Deserialize;

use super::figure::Figure;
use super::results::Results;
use crate::format::{self, pooled};
use crate::numbers::{bare_percent, few, percent, signed_percent, thousands};
use crate::{counts, overall};

/// Which figure, and of which record: `reference` where it is not said.
#[derive(Debug, Deserialize)]
pub(super) struct Source {
    #[serde(default = "reference")]
    record: String,
    #[serde(flatten)]
    what: What,
}

/// The records of guests.
const KERNELS: &str = "kernels";

fn kernels_folder() -> String {
    KERNELS.into()
}

fn reference() -> String {
    "reference".into()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum What {
    /// Share of the events of all offered kinds that were missed on a workload.
    Loss { of: String, on: String },
    /// Over all workloads, or on one.
    Overhead { of: String, on: Option<String> },
    /// CPU of the monitor itself, in microseconds an event.
    OwnCpu { of: String, on: String },
    /// CPU beyond the baseline, by the cost model, in microseconds for each event of a kind.
    CostOf { of: String, each: String, cpu: Cpu },
    /// Share of a field that was reported correctly.
    Correct {
        of: String,
        field: String,
        on: String,
    },
    /// How many true events of a kind there were on a workload.
    Truths {
        of: String,
        kind: String,
        on: String,
    },
    /// How many cases had an outcome: "seen", "not seen", ...
    Cases { of: String, outcome: String },
    /// Whether a case was seen (1) or not (0), and its outcome in words.
    Case { of: String, case: String },
    /// On how many kernels of guests all events of a workload were seen, and which; without those on which
    /// it cannot run.
    Kernels {
        of: String,
        on: String,
        #[serde(default = "kernels_folder")]
        among: String,
    },
    /// On how many kernels of guests it ran.
    KernelsTried { of: String },
    /// Of the acts of results/tamper that a technique suffered, as each adversary, how many had a result: silent,
    /// refused, told, ...
    Acts { of: String, result: String },
    /// A number in another file.
    Number { file: String, at: String },
    /// How many lines of a file have a text.
    Lines { file: String, with: String },
}

impl Source {
    /// Reads it.
    pub(super) fn read(&self, results: &mut Results) -> Result<Figure> {
        match &self.what {
            What::Kernels { of, on, among } => kernels(results, (of, on), among),
            What::KernelsTried { of } => {
                let tried = ran(results, of, KERNELS)?.len();
                Ok(count(tried as f64))
            }
            What::Acts { of, result } => acts(&results.json("tamper/tamper.json")?, of, result),
            What::Number { file, at } => {
                let found = results.json(file)?;
                let number = found.pointer(at).and_then(serde_json::Value::as_f64);
                number.map(count).with_context(|| format!("{file}: {at}"))
            }
            What::Lines { file, with } => {
                let text = results.text(file)?;
                Ok(count(
                    text.lines().filter(|line| line.contains(with)).count() as f64,
                ))
            }
            what => of_summary(what, &*results.summary(&self.record)?),
        }
    }

    /// What the page links to.
    pub(super) fn link(&self) -> String {
        match &self.what {
            What::Kernels { among, .. } if among == KERNELS => link(KERNELS),
            // Each kernel has a page of its own there.
            What::Kernels { among, .. } => format!("[{among}](../results/{among})"),
            What::KernelsTried { .. } => link(KERNELS),
            What::Acts { .. } => link("tamper"),
            What::Number { file, .. } => link(file.split('/').next().unwrap_or(file)),
            What::Lines { file, .. } => {
                let file = file.trim_start_matches("../");
                format!("[{file}](../{file})")
            }
            _ => link(&self.record),
        }
    }
}

fn acts(record: &serde_json::Value, of: &str, result: &str) -> Result<Figure> {
    let rows = record["tamper"]
        .as_array()
        .context("tamper.json: no rows")?;
    let own = rows
        .iter()
        .filter(|row| row["configuration"] == of && row["status"] == "ok");
    let results: Vec<_> = own.filter_map(|row| row["result"].as_str()).collect();
    anyhow::ensure!(!results.is_empty(), "tamper.json: {of} suffered nothing");
    let with = results.iter().filter(|one| **one == result).count();
    let share = with as f64 / results.len() as f64;
    Ok(Figure::number(
        share,
        None,
        format!("{with} of {}", results.len()),
    ))
}

fn link(record: &str) -> String {
    format!("[{record}](../results/{record}/README.md)")
}

fn count(value: f64) -> Figure {
    Figure::number(value, None, thousands(value as u64))
}

fn of_summary(what: &What, summary: &Summary) -> Result<Figure> {
    match what {
        What::Loss { of, on } => loss(summary, row(summary, of, on)?),
        What::Overhead { of, on } => {
            let slowdown = match on {
                Some(on) => row(summary, of, on)?.slowdown.as_ref(),
                None => overall::slowdown(summary, of),
            };
            overhead(slowdown.context("no overhead was measured")?)
        }
        What::OwnCpu { of, on } => {
            let cpu = row(summary, of, on)?.own_cpu_us_per_event;
            Ok(micros(&cpu.context("no CPU was measured")?))
        }
        What::CostOf { of, each, cpu } => cost(summary, of, parsed(each)?, *cpu),
        What::Correct { of, field, on } => correct(summary, row(summary, of, on)?, field),
        What::Truths { of, kind, on } => {
            let loss = row(summary, of, on)?.loss.get(parsed(kind)?);
            Ok(count(loss.context("it is not offered")?.truths as f64))
        }
        What::Cases { of, outcome } => Ok(cases(summary, of, outcome)),
        What::Case { of, case } => one_case(summary, of, case),
        _ => anyhow::bail!("not of a summary"),
    }
}

fn row<'a>(summary: &'a Summary, of: &str, on: &str) -> Result<&'a Comparison> {
    let row = summary.of(on, of).filter(|row| row.repetitions > 0);
    row.with_context(|| format!("{of} was not measured on {on}"))
}

fn loss(summary: &Summary, row: &Comparison) -> Result<Figure> {
    let share = counts::missed(summary, row, &Kind::ALL).context("no events")?;
    let text = format::together(&share);
    let (low, high) = match share.hits {
        0 => share.if_independent,
        all if all == share.n => share.if_independent,
        _ => (share.low, share.high),
    };
    Ok(Figure::number(share.rate(), Some((low, high)), text.full))
}

fn overhead(slowdown: &Slowdown) -> Result<Figure> {
    let ends = slowdown.low.zip(slowdown.high).context("no interval")?;
    let value = signed_percent(slowdown.ratio);
    let text = format!("{value} % ({})", format::ends(ends.0, ends.1));
    let ends = (ends.0 - 1.0, ends.1 - 1.0);
    Ok(Figure::number(slowdown.ratio - 1.0, Some(ends), text))
}

fn micros(cpu: &Estimate) -> Figure {
    let text = format!("{} us{}", few(cpu.value), format::few_ends(cpu));
    Figure::number(cpu.value, cpu.low.zip(cpu.high), text)
}

fn cost(summary: &Summary, of: &str, each: Kind, cpu: Cpu) -> Result<Figure> {
    let model = summary
        .cost_model
        .iter()
        .find(|model| model.configuration == of);
    let model = model.with_context(|| format!("no cost model of {of}"))?;
    let fit = match cpu {
        Cpu::Own => &model.own,
        Cpu::System => &model.system,
    };
    let fit = fit.as_ref().context("its cells tell no cost")?;
    let term = match each {
        Kind::Fork => &fit.fork_us,
        Kind::Exec => &fit.exec_us,
        Kind::Exit => anyhow::bail!("the model has an exit with its fork: write fork"),
    };
    Ok(micros(
        term.as_ref().context("its cells do not tell this cost")?,
    ))
}

fn correct(summary: &Summary, row: &Comparison, field: &str) -> Result<Figure> {
    let faults = counts::faults(summary, row, parsed(field)?).context("it is not offered")?;
    let (value, low, high) = (1.0 - faults.rate(), 1.0 - faults.high, 1.0 - faults.low);
    let text = match faults.hits {
        0 => format!("all {}", thousands(faults.n)),
        _ => format!(
            "{} ({} to {})",
            percent(value),
            bare_percent(low),
            bare_percent(high)
        ),
    };
    Ok(Figure::number(value, Some((low, high)), text))
}

/// A kind or a field by its name.
fn parsed<T: FromStr<Err = contract::Error>>(name: &str) -> Result<T> {
    name.parse().map_err(anyhow::Error::from_boxed)
}

fn cases(summary: &Summary, of: &str, outcome: &str) -> Figure {
    let own = summary.cases.iter().filter(|case| case.configuration == of);
    let outcomes: Vec<_> = own.filter_map(|case| case.outcome).collect();
    let with = outcomes
        .iter()
        .filter(|one| one.to_string() == outcome)
        .count();
    let text = format!("{with} of {}", outcomes.len());
    Figure::number(with as f64 / outcomes.len().max(1) as f64, None, text)
}

fn one_case(summary: &Summary, of: &str, case: &str) -> Result<Figure> {
    let mut all = summary.cases.iter();
    let found = all.find(|one| one.configuration == of && one.workload == case);
    let found = found.with_context(|| format!("{case} was not run under {of}"))?;
    let outcome = found
        .outcome
        .with_context(|| format!("{case} failed under {of}"))?;
    let seen = outcome == CaseOutcome::Seen;
    Ok(Figure::number(
        f64::from(u8::from(seen)),
        None,
        crate::cases::findings(found),
    ))
}

/// The rows of a configuration on a workload, on those kernels of guests where it ran, with their kernels.
fn ran(results: &mut Results, of: &str, among: &str) -> Result<Vec<std::rc::Rc<Summary>>> {
    let all = results.guests(among)?.into_iter();
    Ok(all
        .filter(|one| counts::measured(one, of).next().is_some())
        .collect())
}

fn kernels(results: &mut Results, (of, on): (&str, &str), among: &str) -> Result<Figure> {
    let ran = ran(results, of, among)?;
    let whole = |summary: &Summary| {
        let row = summary.of(on, of).filter(|row| row.repetitions > 0);
        row.is_some_and(|row| matches!(pooled(row), (0, truths) if truths > 0))
    };
    let works: Vec<_> = ran.iter().filter(|one| whole(one)).collect();
    let names = works.iter().map(|one| version(&one.record.machine.kernel));
    let names: Vec<_> = names.collect();
    let of_all = format!("{} of {} kernels", works.len(), ran.len());
    let text = match names.is_empty() {
        true => of_all,
        false => format!("{of_all} ({})", names.join(", ")),
    };
    Ok(Figure::number(works.len() as f64, None, text))
}

/// `6.12` of `6.12.117+deb12-cloud-amd64`.
fn version(kernel: &str) -> String {
    kernel.split('.').take(2).collect::<Vec<_>>().join(".")
}
