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

/// All plots for which there are figures; their files begin with `lead`.
pub(crate) fn draw(summary: &Summary, lead: &str) -> Result<Vec<Plot>> {
    let drawn = [
        forest_plots::draw(summary, &LOSS)?,
        forest_plots::draw(summary, &REPORTED_LOSS)?,
        latency_curves::draw(summary)?,
        latency_vs_cpu::draw(summary)?,
        forest_plots::draw(summary, &OWN_CPU)?,
        forest_plots::draw(summary, &SYSTEM_CPU)?,
        forest_plots::draw(summary, &SLOWDOWN)?,
        cpu_vs_rate::draw(&cpu_vs_rate::of_run(summary))?,
    ];
    let named = |plot: Plot| Plot {
        file: format!("{lead}{}.svg", plot.name),
        ..plot
    };
    Ok(drawn.into_iter().flatten().map(named).collect())
}
