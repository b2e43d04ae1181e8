//! CPU against rate with the model that is fitted to it, a panel for each configuration: what was measured with
//! its errors, the model for processes that only fork and for those that execute as well, and its band.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::Color;
use scoring::cost_model::{CostModel, Cpu, Fit, FitPoint};

use super::canvas;
use super::plot::{Plot, head};
use super::style::{self, Look, Sheet, WIDTH, failed};
use crate::numbers::{few, thousands};

const SIZE: (u32, u32) = (WIDTH / 2, 280);
const HEAD: u32 = 52;
const LEFT: i32 = 64;
/// So many pieces a line is drawn in.
const STEPS: u32 = 40;
const ABOUT: &str = "Marks: the mean of the cells of a workload, with its 95 % interval; triangles where most processes \
                     execute something. Lines: the model, for processes that fork and exit (blue), and that execute \
                     something as well (orange); the shade is its 95 % interval. Each panel has a scale of its own.";

/// `None` when there is nothing to draw.
pub(crate) fn draw(models: &[CostModel], cpu: Cpu, lead: &str) -> Result<Option<Plot>> {
    let of = |model: &CostModel| match cpu {
        Cpu::Own => model.own.clone(),
        Cpu::System => model.system.clone(),
    };
    let named = models
        .iter()
        .filter_map(|one| Some((one.configuration.as_str(), of(one)?)));
    let panels: Vec<(&str, Fit)> = named.collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let (name, nav, title) = match cpu {
        Cpu::Own => (
            "cost-own",
            "Own CPU and its model",
            "CPU of the monitor itself against rate, and its model",
        ),
        Cpu::System => (
            "cost-system",
            "System CPU and its model",
            "CPU of the whole system beyond the baseline against rate, and its model",
        ),
    };
    let rows = panels
        .iter()
        .flat_map(|(name, fit)| fit.points.iter().map(|one| row(name, one)));
    Ok(Some(Plot {
        name,
        file: format!("{lead}{name}.svg"),
        nav,
        title,
        about: ABOUT,
        svg: sheet(&panels, title)?,
        head: head(&[
            "forks a second",
            "execs a second",
            "% of one CPU",
            "at least",
            "at most",
        ]),
        rows: rows.collect(),
    }))
}

fn row(configuration: &str, one: &FitPoint) -> Vec<String> {
    let rates = [one.forks_per_s, one.execs_per_s].map(|rate| thousands(rate.round() as u64));
    let cpus = &one.cpus;
    let ends = [Some(cpus.value), cpus.low, cpus.high];
    let figures = ends.map(|end| end.map_or("-".into(), |end| format!("{:.2}", end * 100.0)));
    let words = [one.workload.clone(), configuration.to_owned()];
    words.into_iter().chain(rates).chain(figures).collect()
}

fn sheet(panels: &[(&str, Fit)], title: &str) -> Result<String> {
    let rows = panels.len().div_ceil(2);
    let legend =
        "blue: fork and exit; orange, triangles: and an exec; shade: 95 % interval of the model";
    canvas::svg((WIDTH, HEAD + rows as u32 * SIZE.1), |sheet| {
        style::head(sheet, title, legend)?;
        canvas::in_pairs(sheet, HEAD, panels, |area, (name, fit)| {
            panel(area, name, fit)
        })
    })
}

type Chart<'a, 'b> = ChartContext<
    'b,
    SVGBackend<'a>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn panel(area: &Sheet<'_>, name: &str, fit: &Fit) -> Result<()> {
    canvas::title(area, name, 40, LEFT)?;
    let points = || fit.points.iter();
    let right = points().map(|one| one.forks_per_s).fold(1.0, f64::max) * 1.08;
    let highest = points().map(|one| one.cpus.high.unwrap_or(one.cpus.value));
    let top = highest.fold(1e-4, f64::max) * 100.0 * 1.3;
    let mut chart = ChartBuilder::on(area)
        .margin_top(26)
        .margin_right(18)
        .margin_left(8)
        .x_label_area_size(44)
        .y_label_area_size(LEFT as u32)
        .build_cartesian_2d(0.0..right, 0.0..top)
        .map_err(failed)?;
    let mut mesh = chart.configure_mesh();
    canvas::mesh(&mut mesh)
        .x_desc("forks a second")
        .y_desc("% of one CPU")
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|rate| format!("{rate:.0}"))
        .y_label_formatter(&|value| few(*value))
        .draw()
        .map_err(failed)?;
    for (place, mix) in mixes(fit) {
        line(&mut chart, fit, place, mix, (right, top))?;
    }
    for one in points() {
        mark(area, &chart, one, top)?;
    }
    Ok(())
}

/// Execs for each fork of the lines that the model has, each with its look.
fn mixes(fit: &Fit) -> Vec<(usize, f64)> {
    match (&fit.exec_us, fit.execs_per_fork) {
        (Some(_), _) => vec![(0, 0.0), (1, 1.0)],
        (None, Some(mix)) => vec![(1, mix)],
        (None, None) => vec![(0, 0.0)],
    }
}

fn line(
    chart: &mut Chart<'_, '_>,
    fit: &Fit,
    place: usize,
    mix: f64,
    (right, top): (f64, f64),
) -> Result<()> {
    let (mut middle, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new());
    for step in 0..=STEPS {
        let rate = right * f64::from(step) / f64::from(STEPS);
        let Some(found) = fit.predict(rate, rate * mix) else {
            return Ok(());
        };
        let y = |cpus: f64| (cpus * 100.0).min(top);
        if found.value * 100.0 <= top {
            middle.push((rate, y(found.value)));
        }
        low.push((rate, y(found.low.unwrap_or(found.value))));
        high.push((rate, y(found.high.unwrap_or(found.value))));
    }
    let colour = style::colour(Look::of(place));
    let band: Vec<_> = low.into_iter().chain(high.into_iter().rev()).collect();
    let shade = Polygon::new(band, colour.mix(0.18).filled());
    chart.draw_series([shade]).map_err(failed)?;
    let line = LineSeries::new(middle, colour.stroke_width(2));
    chart.draw_series(line).map_err(failed)?;
    Ok(())
}

fn mark(area: &Sheet<'_>, chart: &Chart<'_, '_>, one: &FitPoint, top: f64) -> Result<()> {
    let look = Look::of(usize::from(one.execs_per_s > one.forks_per_s / 2.0));
    let at = |cpus: f64| {
        let (x, y) = chart.backend_coord(&(one.forks_per_s, (cpus * 100.0).clamp(0.0, top)));
        let (left, above) = area.get_base_pixel();
        (x - left, y - above)
    };
    if let (Some(low), Some(high)) = (one.cpus.low, one.cpus.high) {
        style::line(area, at(low), at(high), style::colour(look))?;
    }
    style::marker(area, look, at(one.cpus.value), false)
}
