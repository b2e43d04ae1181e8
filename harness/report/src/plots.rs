//! Plots as SVG. Colour is never the only sign: bars and points have their names and figures beside
//! them, curves have markers of their own.

mod axis;
mod canvas;
pub(crate) mod cost_model;
mod cpu_vs_rate;
mod forest;
mod forest_plots;
pub(crate) mod headline;
mod labels;
mod latency_curves;
mod latency_vs_cpu;
mod legend;
mod panels;
mod placer;
mod plot;
mod png;
mod scatter;
mod style;
pub(crate) mod sweep;
mod tradeoff;

use anyhow::Result;
use scoring::Summary;

use self::forest_plots::{LOSS, OWN_CPU, REPORTED_LOSS, SLOWDOWN, SYSTEM_CPU};
pub(crate) use self::plot::Plot;
pub(crate) use self::png::png;

/// All plots for which there are figures; their files begin with `lead`. Of emulated CPUs, whose times and costs say
/// nothing, only what was seen is drawn.
pub(crate) fn draw(summary: &Summary, lead: &str) -> Result<Vec<Plot>> {
    let seen = [
        forest_plots::draw(summary, &LOSS)?,
        forest_plots::draw(summary, &REPORTED_LOSS)?,
    ];
    let costs = match summary.record.machine.correctness_only {
        true => Vec::new(),
        false => costs(summary)?,
    };
    let named = |plot: Plot| Plot {
        file: format!("{lead}{}.svg", plot.name),
        ..plot
    };
    let drawn = seen.into_iter().chain(costs).flatten();
    Ok(drawn.map(named).collect())
}

fn costs(summary: &Summary) -> Result<Vec<Option<Plot>>> {
    Ok(vec![
        latency_curves::draw(summary)?,
        latency_vs_cpu::draw(summary)?,
        forest_plots::draw(summary, &OWN_CPU)?,
        forest_plots::draw(summary, &SYSTEM_CPU)?,
        forest_plots::draw(summary, &SLOWDOWN)?,
        cpu_vs_rate::draw(&cpu_vs_rate::of_run(summary))?,
    ])
}
