//! Detection latency against own CPU, a panel for each workload: a technique that rests longer between
//! reads spends less and is later, so its settings are a curve.

use anyhow::Result;
use contract::Label;
use scoring::{Comparison, Summary};

use super::legend::{Entry, Sign};
use super::plot::{Plot, head};
use super::scatter::{self, Curve, Mark, Panel};
use super::style::Look;
use crate::counts;
use crate::family::third_party;
use crate::numbers::{few, micros};

/// Of fewer events there is no 99th in a hundred.
const FEWEST: u64 = 100;

/// The option that says how long a reader rests.
const REST: &str = "rest";

/// One configuration on one workload.
struct Point<'a> {
    configuration: &'a str,
    look: Look,
    sign: Sign,
    cpu: f64,
    p50: f64,
    p99: f64,
}

/// `None` where no two configurations can be compared.
pub(super) fn draw(summary: &Summary) -> Result<Option<Plot>> {
    let names = own_first(summary);
    let looks = Look::of_all(&names);
    let signs = signs(summary, &names, &looks);
    let workloads = summary.record.workloads.iter().map(|one| &*one.name);
    let panels = workloads.map(|workload| {
        let of = looks.iter().zip(&signs).zip(&names);
        let points =
            of.filter_map(|((look, sign), name)| point(summary, workload, name, (*look, *sign)));
        (workload, points.collect::<Vec<_>>())
    });
    let panels: Vec<_> = panels.filter(|(_, points)| points.len() > 1).collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let rows = panels.iter().flat_map(|(workload, points)| {
        let row = |point: &Point<'_>| {
            let words = [(*workload).to_owned(), point.configuration.to_owned()];
            let figures = [few(point.cpu), micros(point.p50), micros(point.p99)];
            words.into_iter().chain(figures).collect()
        };
        points.iter().map(row).collect::<Vec<Vec<String>>>()
    });
    let rows = rows.collect();
    let entry = |(name, sign): (&&str, &Sign)| Entry {
        sign: *sign,
        name: (*name).to_owned(),
    };
    let entries: Vec<_> = names.iter().zip(&signs).map(entry).collect();
    let drawn: Vec<_> = panels
        .iter()
        .map(|(workload, points)| panel(workload, points))
        .collect();
    Ok(Some(Plot {
        name: "latency-cpu",
        file: String::new(),
        nav: "Latency against CPU",
        title: TITLE,
        about: "Both axes are logarithmic and the same in every panel. Down and to the left is better. A line joins the \
                settings of rest= of one technique; third-party tools are grey.",
        svg: scatter::draw((TITLE, LEGEND), &entries, &drawn)?,
        head: head(&["own CPU us", "latency p50", "latency p99"]),
        rows,
    }))
}

const TITLE: &str = "Does more CPU buy a lower latency?";
const LEGEND: &str =
    "lower left is better; a line joins settings of rest=; grey: third-party tools";

fn point<'a>(
    summary: &Summary,
    workload: &str,
    configuration: &'a str,
    (look, sign): (Look, Sign),
) -> Option<Point<'a>> {
    let row: &Comparison = summary.of(workload, configuration)?;
    let latency = row.latency_us.all.as_ref()?;
    let cpu = row.own_cpu_us_per_event?.value;
    (cpu > 0.0 && latency.n >= FEWEST).then_some(Point {
        configuration,
        look,
        sign,
        cpu,
        p50: latency.p50,
        p99: latency.p99,
    })
}

/// The configurations of the record, third-party tools last.
fn own_first(summary: &Summary) -> Vec<&str> {
    let (tools, own): (Vec<_>, Vec<_>) = counts::configurations(summary)
        .into_iter()
        .partition(|name| third_party(summary, name));
    own.into_iter().chain(tools).collect()
}

/// Third-party tools are numbered.
fn signs(summary: &Summary, names: &[&str], looks: &[Look]) -> Vec<Sign> {
    let own = names.iter().filter(|name| !third_party(summary, name));
    let own = own.count();
    let sign = |(place, look): (usize, &Look)| match place.checked_sub(own) {
        Some(number) => Sign::Number(number + 1),
        None => Sign::Line(*look),
    };
    looks.iter().enumerate().map(sign).collect()
}

fn panel(workload: &str, points: &[Point<'_>]) -> Panel {
    let mark = |point: &Point<'_>| Mark {
        sign: point.sign,
        at: (point.cpu, point.p99),
    };
    Panel {
        title: workload.to_owned(),
        marks: points.iter().map(mark).collect(),
        curves: curves(points),
    }
}

/// The settings of `rest=` of each technique, by what they cost.
fn curves(points: &[Point<'_>]) -> Vec<Curve> {
    let mut groups: Vec<(String, Vec<&Point<'_>>)> = Vec::new();
    for point in points {
        let base = without_rest(point.configuration);
        match groups.iter_mut().find(|(name, _)| *name == base) {
            Some((_, group)) => group.push(point),
            None => groups.push((base, vec![point])),
        }
    }
    let several = groups.into_iter().filter(|(_, group)| group.len() > 1);
    several
        .map(|(_, mut group)| {
            group.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
            Curve {
                look: group[0].look,
                points: group.iter().map(|point| (point.cpu, point.p99)).collect(),
            }
        })
        .collect()
}

/// The label without its setting of `rest=`.
fn without_rest(label: &str) -> String {
    let Some(Label { name, options }) = Label::parse(label) else {
        return label.to_owned();
    };
    let others = options.iter().filter(|(option, _)| *option != REST);
    let others: Vec<_> = others
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{name}{{{}}}", others.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_rest_are_one_curve_and_other_options_are_not() {
        let point = |configuration, cpu| Point {
            configuration,
            look: Look::of(0),
            sign: Sign::Line(Look::of(0)),
            cpu,
            p50: 1.0,
            p99: 2.0,
        };
        let points = [
            point("ebpf", 3.0),
            point("ebpf{rest=0}", 9.0),
            point("ebpf{rest=5ms}", 1.0),
            point("ebpf{ring=1M}", 2.0),
            point("audit", 4.0),
        ];
        let found = curves(&points);
        assert_eq!(found.len(), 1);
        let across: Vec<f64> = found[0].points.iter().map(|at| at.0).collect();
        assert_eq!(across, [1.0, 3.0, 9.0]);
    }
}
