//! Figures as words: one way of saying each, for the terminal and for every page.

use contract::{Fact, Kind};

use crate::score::{Comparison, Summary, Verdict};

/// One cell of the matrix, as said everywhere.
pub(super) struct Row {
    pub(super) workload: String,
    pub(super) monitor: String,
    /// Why there are no figures.
    pub(super) absent: Option<String>,
    /// By kind.
    pub(super) missed: [String; 3],
    pub(super) lossy: bool,
    pub(super) facts: String,
    pub(super) false_events: String,
    pub(super) late: String,
    pub(super) slowdown: String,
    pub(super) monitor_cpu: String,
    pub(super) system_cpu: String,
    pub(super) loss_told: String,
}

/// The rows of the matrix, workload by workload; `null` is not one of them.
pub(super) fn rows(summary: &Summary) -> Vec<Row> {
    let shown = summary
        .comparison
        .iter()
        .filter(|one| one.monitor != "null");
    shown.map(row).collect()
}

fn row(one: &Comparison) -> Row {
    let measured = one.repetitions > one.failed + one.unavailable;
    let absent = (!measured).then(|| {
        let state = if one.unavailable > 0 {
            "cannot run here"
        } else {
            "failed"
        };
        format!("{state}: {}", one.errors.join("; "))
    });
    Row {
        workload: one.workload.clone(),
        monitor: one.monitor.clone(),
        absent,
        missed: Kind::ALL.map(|kind| missed(one, kind)),
        lossy: Kind::ALL
            .iter()
            .any(|&kind| one.loss.get(kind).is_some_and(|loss| loss.missed > 0)),
        facts: facts(one),
        false_events: false_events(one),
        late: late(one),
        slowdown: slowdown(one),
        monitor_cpu: one
            .monitor_cpu_us_per_moment
            .as_ref()
            .map_or("-".into(), |e| format!("{:.1}", e.value)),
        system_cpu: one
            .system_cpu_us_per_moment
            .as_ref()
            .map_or("-".into(), |extra| match extra.verdict {
                Verdict::Noise => "within noise".into(),
                _ => format!("{:+.1}", extra.estimate.value),
            }),
        loss_told: loss_told(one),
    }
}

/// "0 of 98,301, at most 0.0038 %", or "412 of 98,301 (0.42 %, 0.38 to 0.46)".
pub(super) fn missed(one: &Comparison, kind: Kind) -> String {
    let Some(loss) = one.loss.get(kind) else {
        return "not offered".into();
    };
    let of = format!("{} of {}", thousands(loss.missed), thousands(loss.truths));
    match (loss.missed, loss.truths) {
        (_, 0) => "no such moment".into(),
        (0, _) => format!("{of}, at most {}", percent(loss.high)),
        (missed, truths) if missed == truths => format!("all {}", thousands(truths)),
        _ => format!(
            "{of} ({}, {} to {})",
            percent(loss.rate),
            percent(loss.low),
            percent(loss.high)
        ),
    }
}

fn facts(one: &Comparison) -> String {
    let mut words = Vec::new();
    for fact in Fact::ALL {
        let Some(score) = one.facts.get(fact).filter(|score| score.offered) else {
            continue;
        };
        let judged = score.right + score.wrong + score.truncated + score.absent;
        let faults = [
            ("wrong", score.wrong),
            ("cut", score.truncated),
            ("absent", score.absent),
        ];
        for (fault, count) in faults.into_iter().filter(|(_, count)| *count > 0) {
            words.push(format!(
                "{} {fault} {}",
                fact.as_str(),
                percent(count as f64 / judged as f64)
            ));
        }
    }
    let any = Fact::ALL.iter().any(|&fact| {
        one.facts
            .get(fact)
            .is_some_and(|score| score.offered && score.right > 0)
    });
    match (words.is_empty(), any) {
        (true, true) => "all right".into(),
        (true, false) => "-".into(),
        _ => words.join(", "),
    }
}

fn false_events(one: &Comparison) -> String {
    match (one.repeated, one.invented) {
        (0, 0) => "0".into(),
        (repeated, invented) => format!("{repeated} repeated, {invented} invented"),
    }
}

fn late(one: &Comparison) -> String {
    let Some(all) = &one.latency_us.all else {
        return "-".into();
    };
    format!("{} / {}", micros(all.p50), micros(all.p99))
}

fn slowdown(one: &Comparison) -> String {
    let Some(slow) = &one.slowdown else {
        return "-".into();
    };
    let interval = slow.low.zip(slow.high);
    let interval = interval.map_or(String::new(), |(low, high)| {
        format!(" ({low:.2} to {high:.2})")
    });
    match slow.verdict {
        Verdict::Noise => format!("within noise: {:.2}{interval}", slow.ratio),
        _ => format!("{:.2}{interval}", slow.ratio),
    }
}

fn loss_told(one: &Comparison) -> String {
    let admitted: u64 = one.admitted_lost.values().sum();
    match (admitted, one.unaccounted_lost) {
        (0, 0) => "-".into(),
        (told, untold) => format!(
            "{} admitted, {} unaccounted",
            thousands(told),
            thousands(untold)
        ),
    }
}

/// Microseconds, with the unit that reads best.
pub(super) fn micros(us: f64) -> String {
    match us {
        us if us < 1000.0 => format!("{us:.0} us"),
        us if us < 1_000_000.0 => format!("{:.1} ms", us / 1000.0),
        us => format!("{:.1} s", us / 1_000_000.0),
    }
}

/// A share as per cent, with two significant digits.
pub(super) fn percent(share: f64) -> String {
    let value = share * 100.0;
    let digits = if value <= 0.0 {
        0
    } else {
        (1.0 - value.log10().floor()).clamp(0.0, 6.0) as usize
    };
    format!("{value:.digits$} %")
}

/// 98301 as 98,301.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            [0, 7, 999, 1000, 1_234_567].map(thousands),
            ["0", "7", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0.0, 1.0, 0.0042, 0.000_037_5].map(percent),
            ["0 %", "100 %", "0.42 %", "0.0037 %"]
        );
        assert_eq!(
            [12.3, 2500.0, 3e6].map(micros),
            ["12 us", "2.5 ms", "3.0 s"]
        );
    }
}
