//! The two pictures on top of a page: what is lost for which overhead, and how soon is reported for how
//! much CPU.

use anyhow::Result;
use scoring::{Comparison, Summary};

use super::plot::Plot;
use super::style::Look;
use super::tradeoff::{self, Chart, Mark, Place};
use crate::counts;
use crate::family::third_party;
use crate::format;
use crate::overall;

/// Both, as far as there are figures: of emulated CPUs none.
pub(crate) fn draw(summary: &Summary, lead: &str) -> Result<Vec<Plot>> {
    if summary.record.machine.correctness_only {
        return Ok(Vec::new());
    }
    let drawn = [loss(summary)?, latency(summary)?];
    let named = |plot: Plot| Plot {
        file: format!("{lead}{}.svg", plot.name),
        ..plot
    };
    Ok(drawn.into_iter().flatten().map(named).collect())
}

const LOSS: &str = "What does it lose, and what does it cost?";
const LATENCY: &str = "How soon does it report, for how much CPU?";

fn loss(summary: &Summary) -> Result<Option<Plot>> {
    let marks = marks(summary, &|name, rows| {
        let slow = overall::slowdown(summary, name)?;
        let percent = |ratio: f64| (ratio - 1.0) * 100.0;
        let ends = slow.low.map(percent).zip(slow.high.map(percent));
        Some((lost(summary, rows), Place::At(percent(slow.ratio), ends)))
    });
    let chart = Chart {
        title: LOSS,
        legend: [
            "lower left is better; dashed: the Pareto front",
            "hollow with arrow: none lost, at most so much; ?: not tested",
        ],
        across: "event loss, % of all events",
        up: "overhead, %",
        log: false,
        marks,
    };
    let plot = |svg| Plot {
        name: "at-a-glance-loss",
        file: String::new(),
        nav: "Loss and overhead",
        title: LOSS,
        about: "One mark for each configuration over all workloads, with 95 % intervals; third-party tools are grey. Nothing \
                that was measured is better in both figures than a mark on the dashed line.",
        svg,
        head: ["workload", "configuration", "event loss, %", "overhead, %"]
            .map(String::from)
            .into(),
        rows: rows(summary, &|name, rows| {
            let lost = overall::lost(summary, rows);
            let lost = lost.map_or(format::NOT_TESTED.into(), |share| {
                format::together(&share).short
            });
            vec![
                lost,
                format::slowdown(overall::slowdown(summary, name)).short,
            ]
        }),
    };
    Ok(tradeoff::draw(&chart)?.map(plot))
}

fn latency(summary: &Summary) -> Result<Option<Plot>> {
    let marks = marks(summary, &|_, rows| {
        let cpu = overall::dearest(rows)?.own_cpu_us_per_event?;
        let late = &overall::latest(rows)?.latency_us;
        let ends = late.all_interval.as_ref().map(|of| of.p99);
        let ends = ends.and_then(|p99| Some((p99.low / 1000.0, p99.high? / 1000.0)));
        let p99 = late.all.as_ref()?.p99 / 1000.0;
        (cpu.value > 0.0).then_some((
            Place::At(cpu.value, cpu.low.filter(|low| *low > 0.0).zip(cpu.high)),
            Place::At(p99, ends),
        ))
    });
    let chart = Chart {
        title: LATENCY,
        legend: [
            "lower left is better; dashed: the Pareto front",
            "each on its worst workload",
        ],
        across: "CPU of the monitor itself, us per event",
        up: "detection latency, p99, ms",
        log: true,
        marks,
    };
    let plot = |svg| Plot {
        name: "at-a-glance-latency",
        file: String::new(),
        nav: "Latency and CPU",
        title: LATENCY,
        about: "99 of 100 events were reported within the latency. Both figures are those of the worst workload, with 95 % \
                intervals.",
        svg,
        head: [
            "workload",
            "configuration",
            "latency p50 / p99, ms",
            "own CPU, us/event",
        ]
        .map(String::from)
        .into(),
        rows: rows(summary, &|_, rows| {
            vec![overall::latency(rows).short, overall::own_cpu(rows).short]
        }),
    };
    Ok(tradeoff::draw(&chart)?.map(plot))
}

fn lost(summary: &Summary, rows: &[&Comparison]) -> Place {
    match overall::lost(summary, rows) {
        None => Place::Unknown,
        Some(share) if share.hits == 0 => Place::AtMost(share.if_independent.1 * 100.0),
        Some(share) => {
            let ends = share.ends().map(|(low, high)| (low * 100.0, high * 100.0));
            Place::At(share.rate() * 100.0, ends)
        }
    }
}

/// Where a configuration stands, by its name and rows.
type Stand<'a> = &'a dyn Fn(&str, &[&Comparison]) -> Option<(Place, Place)>;

fn marks(summary: &Summary, stand: Stand<'_>) -> Vec<Mark> {
    let names = counts::configurations(summary);
    let looks = Look::of_all(&names);
    let mark = |(name, look): (&&str, Look)| {
        let rows: Vec<_> = counts::measured(summary, name).collect();
        let (across, up) = stand(name, &rows)?;
        let quiet = third_party(summary, name);
        Some(Mark {
            look: if quiet { look.quiet() } else { look },
            quiet,
            name: (*name).to_owned(),
            across,
            up,
        })
    };
    names.iter().zip(looks).filter_map(mark).collect()
}

/// The data: a row for each configuration.
fn rows(
    summary: &Summary,
    figures: &dyn Fn(&str, &[&Comparison]) -> Vec<String>,
) -> Vec<Vec<String>> {
    let names = counts::configurations(summary).into_iter();
    let row = |name: &str| {
        let rows: Vec<_> = counts::measured(summary, name).collect();
        let words = ["all".to_owned(), name.to_owned()].into_iter();
        words.chain(figures(name, &rows)).collect()
    };
    names.map(row).collect()
}
