//! The cost model in words: what a configuration costs at a rate, and how the model fares on real work.

mod why;

use anyhow::Result;
use scoring::cost_model::{CostModel, Cpu, Fit, FitPoint, Prediction};
use scoring::stats::Estimate;
use serde::Serialize;

use crate::numbers::{few, percent, thousands};
use crate::plots::{Plot, cost_model};

/// "ebpf: about 0.2 % of one CPU (0.1 to 0.3); the whole system 0.9 % (0.0 to 2.1)", a line for each
/// configuration, the cheapest first, at so many forks (and as many exits) and execs a second.
pub fn at_rate(models: &[CostModel], forks_per_s: f64, execs_per_s: f64) -> String {
    let own_cost = |model: &CostModel| {
        let found = model
            .own
            .as_ref()
            .and_then(|fit| fit.predict(forks_per_s, execs_per_s));
        found.map_or(f64::INFINITY, |found| found.value)
    };
    let mut models: Vec<&CostModel> = models.iter().collect();
    models.sort_by(|a, b| own_cost(a).total_cmp(&own_cost(b)));
    let line = |model: &&CostModel| {
        let of = |fit: &Option<Fit>| {
            let fit = fit.as_ref()?;
            Some((
                fit.predict(forks_per_s, execs_per_s)?,
                fit.base_cpus.is_some(),
            ))
        };
        let own = of(&model.own).map(|(found, with_base)| {
            let base = if with_base {
                ""
            } else {
                ", beside what it costs at no events"
            };
            format!(
                "about {} of one CPU ({}){base}",
                percent(found.value),
                ends(&found)
            )
        });
        let own =
            own.unwrap_or_else(|| "its own CPU at such a mix cannot be told from this".into());
        let system = of(&model.system).map_or_else(String::new, |(found, _)| {
            format!(
                "; the whole system {} ({})",
                percent(found.value),
                ends(&found)
            )
        });
        format!("{}: {own}{system}\n", contract::plain(&model.configuration))
    };
    models.iter().map(line).collect()
}

/// The rates that were measured: "1,713 to 13,531 forks, 0 to 13,522 execs".
pub fn measured_rates(models: &[CostModel]) -> String {
    let points = models.iter().filter_map(|model| model.own.as_ref());
    let points: Vec<_> = points.flat_map(|fit| &fit.points).collect();
    let ends = |of: fn(&FitPoint) -> f64| {
        let all = points.iter().map(|point| of(point));
        let least = all.clone().fold(f64::INFINITY, f64::min);
        let most = all.fold(0.0, f64::max);
        [least.min(most), most]
            .map(|one| thousands(one.round() as u64))
            .join(" to ")
    };
    let (forks, execs) = (ends(|one| one.forks_per_s), ends(|one| one.execs_per_s));
    format!("{forks} forks and {execs} execs a second")
}

/// Whether a rate lies below or beyond all that was measured.
pub fn is_outside(models: &[CostModel], forks_per_s: f64, execs_per_s: f64) -> bool {
    let fits = models.iter().filter_map(|model| model.own.as_ref());
    let points = fits.flat_map(|fit| &fit.points);
    let rates: Vec<f64> = points
        .map(|one| one.forks_per_s + one.execs_per_s)
        .collect();
    let rate = forks_per_s + execs_per_s;
    rates.iter().all(|one| rate < *one) || rates.iter().all(|one| rate > *one)
}

/// The ends of an interval, in per cent without the sign.
fn ends(one: &Estimate) -> String {
    let end = |end: Option<f64>| end.map_or("-".into(), |end| bare(end * 100.0));
    format!("{} to {}", end(one.low), end(one.high))
}

/// Two significant digits of what is below ten, and no more than four decimals.
fn bare(value: f64) -> String {
    let size = value.abs();
    let digits = match size {
        size if size < 5e-5 => 0,
        size if size >= 10.0 => 0,
        size => (1.0 - size.log10().floor()).clamp(0.0, 4.0) as usize,
    };
    format!("{value:.digits$}")
}

/// What a report shows of the models.
#[derive(Debug, Serialize)]
pub(crate) struct Costs {
    /// A row for each configuration and CPU time.
    rows: Vec<Row>,
    rates: String,
    /// A row for each command that the models are held against.
    predictions: Vec<Held>,
    /// How many of them agree, of how many with a prediction.
    agree: usize,
    of: usize,
    /// Why the others cost more, a line each.
    reasons: Vec<String>,
    pub(crate) plots: Vec<Plot>,
}

#[derive(Debug, Serialize)]
struct Row {
    configuration: String,
    cpu: &'static str,
    base: String,
    fork: String,
    exec: String,
    cells: usize,
    misfit: String,
}

#[derive(Debug, Serialize)]
struct Held {
    workload: String,
    configuration: String,
    cpu: &'static str,
    rate: String,
    measured: String,
    predicted: String,
    verdict: String,
}

impl Costs {
    /// `None` where there are no models. The files of its plots begin with `lead`.
    pub(crate) fn new(models: &[CostModel], lead: &str) -> Result<Option<Self>> {
        if models.is_empty() {
            return Ok(None);
        }
        let plots = [Cpu::Own, Cpu::System].map(|cpu| cost_model::draw(models, cpu, lead));
        let plots = plots.into_iter().collect::<Result<Vec<_>>>()?;
        let rows = models.iter().flat_map(|model| {
            let own = model.own.as_ref().map(|fit| row(model, "itself", fit));
            let system = model.system.as_ref();
            own.into_iter()
                .chain(system.map(|fit| row(model, "the whole system", fit)))
        });
        let all = || models.iter().flat_map(|model| &model.predictions);
        let held = models
            .iter()
            .flat_map(|model| model.predictions.iter().map(|one| held(model, one)));
        Ok(Some(Self {
            rows: rows.collect(),
            rates: measured_rates(models),
            predictions: held.collect(),
            agree: all().filter(|one| one.agrees == Some(true)).count(),
            of: all().filter(|one| one.agrees.is_some()).count(),
            reasons: why::reasons(models),
            plots: plots.into_iter().flatten().collect(),
        }))
    }
}

fn row(model: &CostModel, cpu: &'static str, fit: &Fit) -> Row {
    let micros = |one: &Estimate| {
        let end = |end: Option<f64>| end.map_or("-".into(), few);
        format!("{} ({} to {})", few(one.value), end(one.low), end(one.high))
    };
    let unknown = || "not told".to_owned();
    let exec = match (&fit.exec_us, fit.execs_per_fork) {
        (Some(one), _) => micros(one),
        (None, Some(mix)) => format!("{} in each fork", few(mix)),
        (None, None) => unknown(),
    };
    Row {
        configuration: model.configuration.clone(),
        cpu,
        base: fit.base_cpus.as_ref().map_or_else(unknown, cpus),
        fork: fit.fork_us.as_ref().map_or_else(unknown, micros),
        exec,
        cells: fit.cells,
        misfit: few(fit.misfit),
    }
}

/// "0.20 % (0.10 to 0.31)".
fn cpus(one: &Estimate) -> String {
    format!("{} % ({})", bare(one.value * 100.0), ends(one))
}

fn held(model: &CostModel, one: &Prediction) -> Held {
    let cpu = match one.cpu {
        Cpu::Own => "itself",
        Cpu::System => "the whole system",
    };
    let rates = [one.forks_per_s, one.execs_per_s].map(|rate| thousands(rate.round() as u64));
    Held {
        workload: one.workload.clone(),
        configuration: model.configuration.clone(),
        cpu,
        rate: format!("{} / {}", rates[0], rates[1]),
        measured: cpus(&one.measured),
        predicted: one.predicted.as_ref().map_or("-".into(), cpus),
        verdict: verdict(one),
    }
}

/// Whether it agrees, and where not, what is known of why.
fn verdict(one: &Prediction) -> String {
    let Some(predicted) = &one.predicted else {
        return "no model of such a mix".into();
    };
    let seen = one.seen.filter(|seen| *seen < 0.99);
    let seen = seen.map_or_else(String::new, |seen| {
        format!("; it saw {} of the events", percent(seen))
    });
    let word = match one.agrees {
        Some(true)
            if (one.measured.value - predicted.value).abs() <= 0.2 * one.measured.value.abs() =>
        {
            "within 20 %"
        }
        Some(true) => "within the interval",
        _ if predicted.value > one.measured.value => "less than predicted",
        _ => "more than predicted",
    };
    format!("{word}{seen}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cent_have_two_digits() {
        let found = [0.0, 0.000_01, 0.0123, 0.2, 1.04, 31.4].map(bare);
        assert_eq!(found, ["0", "0", "0.012", "0.20", "1.0", "31"]);
    }
}
