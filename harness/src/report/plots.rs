//! Plots as SVG. Colours are Okabe and Ito's, which colour-blind readers tell apart; in grey the
//! order of the bars and the markers of the curves do it.

use anyhow::{Result, anyhow};
use plotters::coord::ranged1d::{IntoSegmentedCoord, SegmentValue};
use plotters::prelude::*;

use crate::score::{Comparison, Summary};

const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];
const SIZE: (u32, u32) = (900, 420);

/// A plot, by the name of its file.
pub(super) struct Plot {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) svg: String,
}

/// A bar: its height and, where known, its interval.
type Bar = (f64, Option<(f64, f64)>);

/// All plots for which there are figures.
pub(super) fn draw(summary: &Summary) -> Result<Vec<Plot>> {
    let mut plots = Vec::new();
    let loss = bars(summary, "missed, per cent of what is offered", &pooled_loss)?;
    add(
        &mut plots,
        "loss",
        "Missed by technique and workload, with 95 % intervals",
        loss,
    );
    add(
        &mut plots,
        "lateness",
        "Lateness: percentile curves over all workloads",
        lateness(summary)?,
    );
    let cpu = bars(summary, "CPU microseconds per moment", &|one| {
        let cpu = one.monitor_cpu_us_per_moment.as_ref()?;
        Some((cpu.value, cpu.low.zip(cpu.high)))
    })?;
    add(
        &mut plots,
        "cost",
        "CPU time of the monitor's own process per moment",
        cpu,
    );
    let slow = bars(summary, "wall time over that of null", &|one| {
        let slow = one.slowdown.as_ref()?;
        Some((slow.ratio, slow.low.zip(slow.high)))
    })?;
    add(
        &mut plots,
        "slowdown",
        "Slowdown of the workload against its pair",
        slow,
    );
    let told = bars(summary, "per cent of the loss that was admitted", &admitted)?;
    add(
        &mut plots,
        "admitted",
        "How much of what was missed the technique admits",
        told,
    );
    Ok(plots)
}

fn add(plots: &mut Vec<Plot>, name: &'static str, title: &'static str, svg: Option<String>) {
    plots.extend(svg.map(|svg| Plot { name, title, svg }));
}

fn pooled_loss(one: &Comparison) -> Option<Bar> {
    let kinds = contract::Kind::ALL
        .into_iter()
        .filter_map(|kind| one.loss.get(kind));
    let (missed, truths) = kinds.fold((0, 0), |sum, loss| {
        (sum.0 + loss.missed, sum.1 + loss.truths)
    });
    let (low, high) = crate::stats::binomial(missed, truths);
    let share = missed as f64 / truths as f64;
    (truths > 0).then_some((share * 100.0, Some((low * 100.0, high * 100.0))))
}

fn admitted(one: &Comparison) -> Option<Bar> {
    let missed: u64 = contract::Kind::ALL
        .into_iter()
        .filter_map(|k| one.loss.get(k))
        .map(|l| l.missed)
        .sum();
    let untold = one.unaccounted_lost.min(missed);
    (missed > 0).then(|| ((missed - untold) as f64 / missed as f64 * 100.0, None))
}

fn monitors(summary: &Summary) -> Vec<&str> {
    let measured = |name: &str| {
        summary
            .comparison
            .iter()
            .any(|one| one.monitor == name && one.moments_per_s.is_some())
    };
    let names = summary.record.monitors.iter().map(|one| one.name.as_str());
    names
        .filter(|name| *name != "null" && measured(name))
        .collect()
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("a plot cannot be drawn: {error}")
}

/// Grouped bars: a group for each workload, a bar for each monitor.
fn bars(
    summary: &Summary,
    unit: &str,
    figure: &dyn Fn(&Comparison) -> Option<Bar>,
) -> Result<Option<String>> {
    let monitors = monitors(summary);
    let workloads: Vec<&str> = summary
        .record
        .workloads
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let found = |workload: usize, monitor: usize| {
        summary
            .of(workloads[workload], monitors[monitor])
            .and_then(figure)
    };
    let all = (0..workloads.len()).flat_map(|w| (0..monitors.len()).map(move |m| (w, m)));
    let drawn: Vec<_> = all
        .filter_map(|(w, m)| found(w, m).map(|bar| (w, m, bar)))
        .collect();
    if drawn.is_empty() {
        return Ok(None);
    }
    let top = drawn
        .iter()
        .map(|(.., (value, interval))| interval.map_or(*value, |i| i.1))
        .fold(0.1, f64::max);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(failed)?;
        let range = (0..workloads.len() as i32 - 1).into_segmented();
        let mut chart = ChartBuilder::on(&root)
            .margin(10)
            .x_label_area_size(46)
            .y_label_area_size(64)
            .build_cartesian_2d(range, 0.0..top * 1.08)
            .map_err(failed)?;
        let name = |segment: &SegmentValue<i32>| match segment {
            SegmentValue::CenterOf(place) => {
                short(workloads.get(*place as usize).copied().unwrap_or(""))
            }
            _ => String::new(),
        };
        let mut mesh = chart.configure_mesh();
        mesh.disable_x_mesh()
            .y_desc(unit)
            .x_label_formatter(&name)
            .x_labels(workloads.len());
        mesh.light_line_style(WHITE).draw().map_err(failed)?;
        let plot = chart.plotting_area();
        let (left, width) = (
            chart.plotting_area().get_x_axis_pixel_range().start,
            chart.plotting_area().get_x_axis_pixel_range(),
        );
        let group = f64::from(width.end - width.start) / workloads.len() as f64;
        let bar = group * 0.8 / monitors.len() as f64;
        for (w, m, (value, interval)) in &drawn {
            let x = f64::from(left) + group * (*w as f64 + 0.1) + bar * *m as f64;
            let y = |v: f64| plot.map_coordinate(&(SegmentValue::Exact(0), v)).1;
            let (x0, x1, mid) = (x as i32, (x + bar - 1.0) as i32, (x + bar / 2.0) as i32);
            let style = PALETTE[*m % PALETTE.len()].filled();
            // A bar of nothing is still a bar: two pixels say "measured, and none".
            root.draw(&Rectangle::new(
                [(x0, y(*value).min(y(0.0) - 2)), (x1, y(0.0))],
                style,
            ))
            .map_err(failed)?;
            if let Some((low, high)) = interval {
                root.draw(&PathElement::new(
                    [(mid, y(*low)), (mid, y(*high))],
                    BLACK.stroke_width(1),
                ))
                .map_err(failed)?;
            }
        }
        legend(&root, &monitors)?;
        root.present().map_err(failed)?;
    }
    Ok(Some(svg))
}

/// Percentile curves; the horizontal axis counts nines, so that the tail has room.
fn lateness(summary: &Summary) -> Result<Option<String>> {
    let monitors = monitors(summary);
    let worst = |name: &str| {
        let of = summary.comparison.iter().filter(|one| one.monitor == name);
        of.filter(|one| one.latency_us.curve.len() > 1)
            .max_by_key(|one| one.latency_us.all.as_ref().map_or(0, |all| all.n))
    };
    let curves: Vec<_> = monitors
        .iter()
        .enumerate()
        .filter_map(|(place, name)| Some((place, worst(name)?)))
        .collect();
    let points = || {
        curves
            .iter()
            .flat_map(|(_, one)| one.latency_us.curve.iter())
    };
    if points().next().is_none() {
        return Ok(None);
    }
    let top = points().map(|point| point.1).fold(10.0, f64::max) * 1.5;
    let bottom = points()
        .map(|point| point.1)
        .filter(|us| *us > 0.0)
        .fold(f64::MAX, f64::min)
        .min(10.0)
        * 0.7;
    let nines = |quantile: f64| -(1.0 - quantile).max(1e-9).log10();
    let right = points().map(|point| nines(point.0)).fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&root)
            .margin(10)
            .x_label_area_size(46)
            .y_label_area_size(72)
            .build_cartesian_2d(0.0..right, (bottom..top).log_scale())
            .map_err(failed)?;
        let percentile = |nines: &f64| {
            format!(
                "p{}",
                format!("{:.3}", 100.0 - 100.0 * 10_f64.powf(-nines))
                    .trim_end_matches('0')
                    .trim_end_matches('.')
            )
        };
        let mut mesh = chart.configure_mesh();
        mesh.x_desc("percentile of the moments of the workload with most of them")
            .y_desc("lateness, microseconds (log)");
        mesh.x_label_formatter(&percentile)
            .light_line_style(WHITE)
            .draw()
            .map_err(failed)?;
        for (place, one) in &curves {
            let colour = PALETTE[place % PALETTE.len()];
            let line: Vec<_> = one
                .latency_us
                .curve
                .iter()
                .map(|&(q, us)| (nines(q), us.max(bottom)))
                .collect();
            chart
                .draw_series(LineSeries::new(line.clone(), colour.stroke_width(2)))
                .map_err(failed)?;
            let marks = line.iter().skip(place * 2).step_by(8);
            match place % 3 {
                0 => chart
                    .draw_series(marks.map(|&at| Circle::new(at, 4, colour.filled())))
                    .map(|_| ()),
                1 => chart
                    .draw_series(marks.map(|&at| TriangleMarker::new(at, 6, colour.filled())))
                    .map(|_| ()),
                _ => chart
                    .draw_series(marks.map(|&at| Cross::new(at, 5, colour.stroke_width(2))))
                    .map(|_| ()),
            }
            .map_err(failed)?;
        }
        legend(&root, &monitors)?;
        root.present().map_err(failed)?;
    }
    Ok(Some(svg))
}

/// Names along the lower edge, in the order of the bars.
fn legend(
    root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    monitors: &[&str],
) -> Result<()> {
    let mut x = 72;
    let y = SIZE.1 as i32 - 18;
    for (place, name) in monitors.iter().enumerate() {
        let colour = PALETTE[place % PALETTE.len()];
        root.draw(&Rectangle::new([(x, y), (x + 12, y + 12)], colour.filled()))
            .map_err(failed)?;
        let name = short(name);
        root.draw(&Text::new(name.clone(), (x + 17, y), ("sans-serif", 13)))
            .map_err(failed)?;
        x += 40 + 8 * name.chars().count() as i32;
    }
    Ok(())
}

/// What fits under a group of bars, control characters escaped.
fn short(name: &str) -> String {
    let safe: String = name
        .chars()
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect()
            } else {
                vec![c]
            }
        })
        .collect();
    match safe.char_indices().nth(24) {
        Some((cut, _)) => format!("{}...", &safe[..cut]),
        None => safe,
    }
}
