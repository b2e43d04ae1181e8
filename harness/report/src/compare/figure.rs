//! The figures that are compared, each with its interval and with what counts as noise.

use contract::{Field, Kind};
use scoring::stats::Estimate;
use scoring::{Comparison, Interval, Intervals};

use crate::format::{kind_text, latency_ends, own_cpu, slowdown, system_cpu};
use crate::numbers::{bare_percent, few, percent};

/// A figure as it is compared.
pub(super) struct Side {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) text: String,
}

/// What has to be exceeded before a difference is called one, beside both intervals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Noise {
    /// A plain number that has no interval: any other is a difference.
    Number,
    /// Shares of counts: the interval says all.
    None,
    /// What null against null differs by, as a factor.
    Factor,
    /// The same in microseconds of CPU.
    Cpu,
    /// Another figure says the same and is compared.
    Other,
}

impl Noise {
    /// Whether the figure depends on how fast the machine is.
    pub(super) fn is_speed(self) -> bool {
        matches!(self, Self::Factor | Self::Cpu | Self::Other)
    }
}

pub(super) type Read = Box<dyn Fn(&Comparison) -> Option<Side>>;

/// A figure by its name, how it is read, and whether more of it is better.
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) more_is_better: bool,
    pub(super) noise: Noise,
    pub(super) read: Read,
}

/// Every figure that two records may both have.
pub(super) fn figures() -> Vec<Figure> {
    let kinds = Kind::ALL.into_iter().map(|kind| {
        less(&format!("{kind} missed"), Noise::None, move |one| {
            let loss = one.loss.get(kind).filter(|loss| loss.truths > 0)?;
            side(loss.rate, (loss.low, loss.high), kind_text(loss))
        })
    });
    let fields = Field::ALL.into_iter().map(|field| {
        let read = move |one: &Comparison| correct(one, field);
        more(&format!("{} correct", field.as_str()), Noise::None, read)
    });
    kinds
        .chain(fields)
        .chain(false_events())
        .chain(latency())
        .chain(speeds())
        .collect()
}

/// A figure of which less is better.
fn less(name: &str, noise: Noise, read: impl Fn(&Comparison) -> Option<Side> + 'static) -> Figure {
    Figure {
        name: name.into(),
        more_is_better: false,
        noise,
        read: Box::new(read),
    }
}

/// A figure of which more is better.
fn more(name: &str, noise: Noise, read: impl Fn(&Comparison) -> Option<Side> + 'static) -> Figure {
    Figure {
        more_is_better: true,
        ..less(name, noise, read)
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what every figure gives that is there"
)]
fn side(value: f64, (low, high): (f64, f64), text: String) -> Option<Side> {
    Some(Side {
        value,
        low,
        high,
        text,
    })
}

/// The share of matched events of which a field is correct.
fn correct(one: &Comparison, field: Field) -> Option<Side> {
    one.fields.get(field).filter(|score| score.offered)?;
    let found = one.correct.get(field)?;
    let ends = format!(
        "{} to {}",
        bare_percent(found.low),
        bare_percent(found.high)
    );
    let text = format!("{} ({ends})", percent(found.share));
    side(found.share, (found.low, found.high), text)
}

fn false_events() -> [Figure; 2] {
    let count = |name, of: fn(&Comparison) -> u64| {
        less(name, Noise::Number, move |one| {
            let n = of(one);
            side(n as f64, (n as f64, n as f64), n.to_string())
        })
    };
    [
        count("false positives", |one| one.false_positives),
        count("duplicates", |one| one.duplicates),
    ]
}

/// The usual percentiles, of all events and by kind.
fn latency() -> impl Iterator<Item = Figure> {
    type Of = fn(&Intervals) -> Interval;
    let percentiles: [(&str, Of); 4] = [
        ("p50", |of| of.p50),
        ("p90", |of| of.p90),
        ("p99", |of| of.p99),
        ("p99.9", |of| of.p999),
    ];
    let whose = [None].into_iter().chain(Kind::ALL.into_iter().map(Some));
    whose.flat_map(move |kind| {
        percentiles.into_iter().map(move |(percentile, of)| {
            let whose = kind.map_or(String::new(), |kind| format!("{kind} "));
            let name = format!("{whose}latency {percentile}");
            less(&name, Noise::Factor, move |one| {
                let latency = &one.latency_us;
                let found = match kind {
                    None => latency.all_interval.as_ref(),
                    Some(kind) => latency.kinds_interval.get(kind),
                };
                span(of(found?))
            })
        })
    })
}

/// Of a percentile only its interval is compared; its middle decides what is within the noise.
fn span(one: Interval) -> Option<Side> {
    let text = latency_ends(one);
    let Interval { low, high } = one;
    let high = high.unwrap_or(f64::INFINITY);
    let middle = if high.is_finite() {
        (low * high).sqrt()
    } else {
        low
    };
    side(middle, (low, high), text)
}

fn speeds() -> [Figure; 6] {
    let plain = |found: Estimate| {
        let (low, high) = found.low.zip(found.high)?;
        let ends = format!("{} ({} to {})", few(found.value), few(low), few(high));
        side(found.value, (low, high), ends)
    };
    [
        less("slowdown", Noise::Factor, |one| {
            let slow = one.slowdown?;
            side(
                slow.ratio,
                slow.low.zip(slow.high)?,
                slowdown(one.slowdown.as_ref()).full,
            )
        }),
        less("system CPU per event", Noise::Cpu, |one| {
            let cpu = one.system_cpu_us_per_event?.estimate;
            side(cpu.value, cpu.low.zip(cpu.high)?, system_cpu(one).full)
        }),
        less("own CPU per event", Noise::Factor, |one| {
            let cpu = one.own_cpu_us_per_event?;
            side(cpu.value, cpu.low.zip(cpu.high)?, own_cpu(one).full)
        }),
        less("stall in ms", Noise::Other, move |one| {
            plain(one.stall.wall_ms?.estimate)
        }),
        less(
            "wait for the audit queue in ms",
            Noise::Factor,
            move |one| plain(one.stall.queue_wait_ms?),
        ),
        more("rate reached", Noise::Factor, move |one| {
            plain(one.pace.as_ref()?.achieved_per_s)
        }),
    ]
}
