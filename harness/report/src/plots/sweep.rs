//! What a sweep found, a panel for each technique: loss against rate, the buffer that is needed at a
//! rate, and CPU against rate.

use anyhow::Result;

use super::cpu_vs_rate::{self, Cost};
use super::panels::{self, Axes, Panel, Point, Series, Up, bytes};
use super::plot::{Plot, head};
use crate::each_once::each_once;
use crate::numbers::{few, percent, thousands};
use contract::bare_name;
use scoring::sweep::result::{Generator, SweepResult};

const LOSS: &str = "Loss against rate";
const BUFFER: &str = "The buffer that is needed at a rate";
const HOLLOW: &str = "hollow: less than 95 % of the offered rate was reached";
const RATE: &str = "processes a second offered";

/// All plots for which there are figures.
pub(crate) fn draw(found: &[&SweepResult], generator: &Generator) -> Result<Vec<Plot>> {
    let measured: Vec<&SweepResult> = found
        .iter()
        .copied()
        .filter(|one| !one.curve.is_empty())
        .collect();
    let spent: Vec<Cost> = measured
        .iter()
        .flat_map(|one| cpu_vs_rate::of_sweep(one, generator))
        .collect();
    let drawn = [
        loss(&measured)?,
        buffers(&measured)?,
        cpu_vs_rate::draw(&spent)?,
    ];
    Ok(drawn.into_iter().flatten().collect())
}

/// Per cent missed against processes a second offered.
fn loss(found: &[&SweepResult]) -> Result<Option<Plot>> {
    let curve = |one: &&SweepResult| Series {
        label: one.configuration.clone(),
        dashed: false,
        points: one.curve.iter().map(lost).collect(),
    };
    let panels = panels(found, &|all| all.iter().map(curve).collect());
    let axes = Axes {
        title: LOSS,
        legend: HOLLOW,
        across: RATE,
        unit: "per cent missed",
        up: Up::Linear,
    };
    let rows = found.iter().flat_map(|one| {
        one.curve.iter().map(|point| {
            let missed = &point.missed;
            let words = [
                one.workload.clone(),
                one.configuration.clone(),
                thousands(u64::from(point.offered_per_s)),
            ];
            let reached = point
                .achieved_per_s
                .map_or("-".into(), |rate| few(rate.value));
            let counts = [missed.missed, missed.truths].map(thousands);
            let ends = [missed.low, missed.high].map(percent);
            let figures = [reached].into_iter().chain(counts).chain(ends);
            words.into_iter().chain(figures).collect()
        })
    });
    let plot = |svg| Plot {
        name: "loss",
        file: String::new(),
        nav: "Loss against rate",
        title: LOSS,
        about: "A hollow mark: less than 95 % of the offered rate was reached, because the workload was held up or \
                the machine could do no more.",
        svg,
        head: head(&[
            "offered a second",
            "reached a second",
            "missed",
            "of",
            "at least",
            "at most",
        ]),
        rows: rows.collect(),
    };
    Ok(panels::draw(&panels, axes)?.map(plot))
}

fn lost(point: &scoring::sweep::result::Point) -> Point {
    let missed = point.missed.missed as f64 / point.missed.truths.max(1) as f64;
    Point {
        x: f64::from(point.offered_per_s),
        y: missed * 100.0,
        hollow: point.unreached > 0,
        note: None,
    }
}

/// Size of the buffer against the highest rate that was reached with nothing missed.
fn buffers(found: &[&SweepResult]) -> Result<Option<Plot>> {
    let kept: Vec<_> = found
        .iter()
        .filter_map(|one| {
            let reached = one.lossless.as_ref()?.achieved_per_s?.value;
            Some((*one, reached, one.buffer? as f64))
        })
        .collect();
    let panels = panels(found, &|all| {
        let own = kept
            .iter()
            .filter(|(one, ..)| all.iter().any(|other| std::ptr::eq(*one, *other)));
        let mut points: Vec<_> = own
            .map(|&(_, reached, size)| Point {
                x: reached,
                y: size,
                hollow: false,
                note: Some(size),
            })
            .collect();
        points.sort_by(|a, b| a.y.total_cmp(&b.y));
        let label = format!(
            "{}, smallest that lost nothing",
            bare_name(&all[0].configuration)
        );
        vec![Series {
            label,
            dashed: false,
            points,
        }]
    });
    let axes = Axes {
        title: BUFFER,
        legend: "the smallest buffer that lost nothing, at the rate that was reached",
        across: "processes a second reached",
        unit: "size of the buffer",
        up: Up::Bytes,
    };
    let rows = kept.iter().map(|&(one, reached, size)| {
        let words = [one.workload.clone(), one.configuration.clone()];
        words
            .into_iter()
            .chain([bytes(size), few(reached)])
            .collect()
    });
    let plot = |svg| Plot {
        name: "buffer",
        file: String::new(),
        nav: "Buffer",
        title: BUFFER,
        about: "The highest rate that was reached with nothing missed, for each size of the buffer: bytes, for audit \
                records. More buffer helps only as long as the line climbs to the right.",
        svg,
        head: head(&["size of the buffer", "reached a second with nothing missed"]),
        rows: rows.collect(),
    };
    Ok(panels::draw(&panels, axes)?.map(plot))
}

/// A panel for each technique of which there is something to draw.
fn panels(found: &[&SweepResult], series: &dyn Fn(&[&SweepResult]) -> Vec<Series>) -> Vec<Panel> {
    let names = each_once(found.iter().map(|one| bare_name(&one.configuration)));
    let panel = |name: &str| {
        let of = found.iter().copied();
        let of: Vec<&SweepResult> = of
            .filter(|one| bare_name(&one.configuration) == name)
            .collect();
        Panel {
            title: name.to_owned(),
            series: series(&of),
        }
    };
    let drawn = names.into_iter().map(panel);
    drawn
        .filter(|panel| panel.series.iter().any(|one| !one.points.is_empty()))
        .collect()
}
