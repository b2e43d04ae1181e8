//! Whether two records of the same say the same: whether every interval of one overlaps the
//! other's.

use super::compare::Comparison;
use super::keyed::Key;
use super::latency::Intervals;
use super::summary::Summary;
use crate::stats::Estimate;

/// An interval of a record, with what it is of.
struct Named {
    of: String,
    low: f64,
    high: f64,
}

/// A line for each interval of one record that does not touch that of the other, and for each
/// that only one of them has.
pub fn apart(one: &Summary, other: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    for ours in &one.comparison {
        let (workload, monitor) = (&ours.workload, &ours.monitor);
        let Some(theirs) = other.of(workload, monitor) else {
            lines.push(format!(
                "{workload} under {monitor}: only in {}",
                one.record.record
            ));
            continue;
        };
        let theirs = intervals(theirs);
        for own in intervals(ours) {
            let found = theirs.iter().find(|found| found.of == own.of);
            let Some(found) = found.filter(|f| f.low > own.high || own.low > f.high) else {
                continue;
            };
            lines.push(format!(
                "{workload} under {monitor}: {}: {:.4} to {:.4} and {:.4} to {:.4}",
                own.of, own.low, own.high, found.low, found.high
            ));
        }
    }
    lines
}

/// Every interval of a comparison.
fn intervals(one: &Comparison) -> Vec<Named> {
    let mut all = Vec::new();
    for (kind, loss) in &one.loss.0 {
        all.push(Named {
            of: format!("loss of {kind}"),
            low: loss.low,
            high: loss.high,
        });
    }
    let late = &one.latency_us;
    late.all_interval
        .iter()
        .for_each(|of| percentiles("lateness", of, &mut all));
    for (kind, of) in &late.kinds_interval.0 {
        percentiles(&format!("lateness of {}", kind.word()), of, &mut all);
    }
    let slowdown = one.slowdown.and_then(|slow| Some((slow.low?, slow.high?)));
    all.extend(slowdown.map(|(low, high)| Named {
        of: "slowdown".into(),
        low,
        high,
    }));
    let mut cost = |of: &str, estimate: Option<Estimate>| {
        let ends = estimate.and_then(|estimate| Some((estimate.low?, estimate.high?)));
        all.extend(ends.map(|(low, high)| Named {
            of: of.into(),
            low,
            high,
        }));
    };
    cost("monitor CPU", one.monitor_cpu_us_per_moment);
    cost(
        "system CPU",
        one.system_cpu_us_per_moment.map(|extra| extra.estimate),
    );
    cost("stall", one.stall.wall_ms.map(|extra| extra.estimate));
    all
}

fn percentiles(of: &str, intervals: &Intervals, all: &mut Vec<Named>) {
    let each = [
        ("p50", intervals.p50),
        ("p90", intervals.p90),
        ("p99", intervals.p99),
        ("p999", intervals.p999),
    ];
    all.extend(each.map(|(name, interval)| Named {
        of: format!("{of}, {name}"),
        low: interval.low,
        high: interval.high.unwrap_or(f64::INFINITY),
    }));
}
