//! What the report must say of a case: every figure of its cells and of their comparison.

use contract::{Field, Kind, Ledger};
use monitors::replay::{FieldFigures, Figures, KindFigures};
use serde_json::{Map, Value, to_value};

use super::expectation::Due;
use super::latency::Sorted;
use super::overhead::Blocks;
use super::{intervals, lineage, open_loop};
use scoring::record::{CellRun, Cost};

/// What is due of two repetitions.
pub(super) struct Case<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) runs: [&'a CellRun; 2],
    pub(super) bases: [Cost; 2],
    /// What all monitors of the same ledger took.
    pub(super) costs: Vec<[Cost; 2]>,
    pub(super) planted: [&'a Figures; 2],
}

/// Nothing a cell measures may be missing here: it is made of numbers.
fn number(value: impl serde::Serialize) -> Due {
    Due::Just(to_value(value).unwrap_or_default())
}

/// The row of one cell.
pub(super) fn cell(ledger: &Ledger, run: &CellRun, planted: &Figures) -> Due {
    let kinds = Kind::ALL.map(|kind| (kind.as_str(), events(&planted.kinds[kind as usize])));
    let fields = fields_due(&[planted]);
    let cost = run.cost.unwrap_or_default();
    Due::map([
        ("workload", number(&run.workload)),
        ("configuration", number(&run.configuration)),
        ("repetition", number(run.repetition)),
        ("order", number(run.order)),
        ("baseline", number(run.baseline)),
        ("experiment", number(run.experiment)),
        ("status", Due::just("ok")),
        ("error", Due::null()),
        ("blind", number(&run.blind)),
        ("kinds", Due::map(kinds)),
        ("fields", Due::map(fields)),
        ("lineage", lineage::due(&[(ledger, planted)])),
        ("unrelated", number(planted.unrelated)),
        ("unverified", number(planted.unrelated)),
        ("reported_lost", number(&planted.reported_lost)),
        ("silent_lost", number(planted.silent)),
        ("drained", number(run.drained)),
        ("buffer", number(&run.buffer)),
        ("loss_tested", number(false)),
        ("stationary", Due::null()),
        ("pace", Due::maybe(open_loop::cell(ledger))),
        ("cost", costs(&cost, ledger.truths.len())),
        ("noise", number(run.noise)),
        ("cross_check", number(&run.cross_check)),
        ("notes", number(&run.notes)),
    ])
}

fn events(kind: &KindFigures) -> Due {
    let late = Sorted::new(kind.latency.iter().copied());
    Due::map([
        ("offered", number(kind.offered)),
        ("truths", number(kind.truths)),
        ("matched", number(kind.matched)),
        ("missed", number(kind.missed)),
        ("duplicates", number(kind.duplicates)),
        ("false_positives", number(kind.false_positives)),
        ("latency_us", Due::maybe(late.percentiles())),
    ])
}

/// The details only where they are offered.
fn fields_due(cells: &[&Figures]) -> Vec<(&'static str, Due)> {
    let due = Field::ALL.map(|field| {
        let of: Vec<_> = cells.iter().map(|one| one.fields[field as usize]).collect();
        let offered = of.iter().any(|one| one.offered);
        (offered || Field::USUAL.contains(&field)).then(|| (field.as_str(), field_due(&of)))
    });
    due.into_iter().flatten().collect()
}

fn field_due(cells: &[FieldFigures]) -> Due {
    let sum = |of: fn(&FieldFigures) -> u64| number(cells.iter().map(of).sum::<u64>());
    Due::map([
        ("offered", number(cells.iter().any(|field| field.offered))),
        ("correct", sum(|field| field.correct)),
        ("wrong", sum(|field| field.wrong)),
        ("truncated", sum(|field| field.truncated)),
        ("stale", sum(|field| field.stale)),
        ("missing", sum(|field| field.missing)),
    ])
}

/// Microseconds for each event.
fn each(nanos: u64, events: usize) -> f64 {
    nanos as f64 / 1000.0 / events as f64
}

fn rate(cost: &Cost, events: usize) -> f64 {
    events as f64 * 1e9 / cost.wall_ns as f64
}

fn costs(cost: &Cost, events: usize) -> Due {
    let maybe = |nanos: Option<u64>| Due::maybe(nanos.map(|n| Due::Near(each(n, events))));
    Due::map([
        ("events_per_s", Due::Near(rate(cost, events))),
        ("own_cpu_us_per_event", maybe(cost.monitor_cpu_ns)),
        ("system_cpu_us_per_event", maybe(Some(cost.system_cpu_ns))),
        ("workload_cpu_us_per_event", maybe(cost.workload_cpu_ns)),
        ("peak_rss_bytes", number(cost.peak_rss_bytes)),
        ("wall_ms", Due::Near(cost.wall_ns as f64 / 1e6)),
    ])
}

impl Case<'_> {
    /// What both repetitions say together.
    pub(super) fn comparison(&self) -> Due {
        let all = self.names_and_loss().into_iter();
        Due::map(all.chain(self.counts()).chain(self.costs_and_times()))
    }

    fn names_and_loss(&self) -> Vec<(&'static str, Due)> {
        vec![
            ("workload", number(&self.runs[0].workload)),
            ("configuration", number(&self.runs[0].configuration)),
            ("repetitions", number(2)),
            ("failed", number(0)),
            ("unavailable", number(0)),
            ("errors", Due::List(Vec::new())),
            ("blind", number(&self.runs[0].blind)),
            ("loss", self.loss()),
            ("loss_tested", number(false)),
            ("missed_elsewhere", number(0)),
            ("buffer", Due::null()),
            ("stationary", Due::null()),
            ("correct", self.correct()),
            (
                "lineage",
                lineage::due(&self.planted.map(|planted| (self.ledger, planted))),
            ),
        ]
    }

    fn counts(&self) -> Vec<(&'static str, Due)> {
        let both =
            |of: fn(&Figures) -> u64| number(self.planted.iter().map(|p| of(p)).sum::<u64>());
        vec![
            ("unrelated", both(|p| p.unrelated)),
            ("unverified", both(|p| p.unrelated)),
            ("fields", Due::map(fields_due(&self.planted))),
            (
                "duplicates",
                both(|p| p.kinds.iter().map(|kind| kind.duplicates).sum()),
            ),
            (
                "false_positives",
                both(|p| p.kinds.iter().map(|kind| kind.false_positives).sum()),
            ),
            ("reported_lost", self.reported_lost()),
            ("silent_lost", both(|p| p.silent)),
            (
                "undrained",
                number(self.runs.iter().filter(|run| !run.drained).count()),
            ),
            (
                "stolen",
                number(self.runs.iter().filter(|run| run.noise.stolen).count()),
            ),
        ]
    }

    fn costs_and_times(&self) -> Vec<(&'static str, Due)> {
        let costs = self.runs.map(|run| run.cost.unwrap_or_default());
        let events = self.ledger.truths.len();
        let monitor = costs.map(|cost| each(cost.monitor_cpu_ns.unwrap_or(0), events));
        let speed = costs.map(|cost| rate(&cost, events));
        let wall_ms = |cost: Cost| cost.wall_ns as f64 / 1e6;
        let system_cpu = |cost: Cost| each(cost.system_cpu_ns, events);
        vec![
            ("latency_us", self.latency()),
            ("pace", Due::maybe(open_loop::both(self.ledger))),
            (
                "stall",
                self.stall(self.blocks(wall_ms).extra(costs.map(wall_ms))),
            ),
            (
                "slowdown",
                self.blocks(wall_ms).slowdown(costs.map(wall_ms)),
            ),
            ("own_cpu_us_per_event", Due::map(intervals::mean(monitor))),
            (
                "system_cpu_us_per_event",
                self.blocks(system_cpu).extra(costs.map(system_cpu)),
            ),
            ("events_per_s", Due::Near(f64::midpoint(speed[0], speed[1]))),
            (
                "peak_rss_bytes",
                number(costs.map(|cost| cost.peak_rss_bytes).into_iter().max()),
            ),
        ]
    }

    fn loss(&self) -> Due {
        let offered = Kind::ALL
            .into_iter()
            .filter(|kind| self.planted[0].kinds[*kind as usize].offered);
        Due::map(offered.map(|kind| {
            let of = self.planted.map(|planted| &planted.kinds[kind as usize]);
            (
                kind.as_str(),
                intervals::loss(of.map(|of| (of.missed, of.truths))),
            )
        }))
    }

    fn reported_lost(&self) -> Due {
        let mut sums = Map::new();
        for (cause, n) in self
            .planted
            .iter()
            .flat_map(|planted| &planted.reported_lost)
        {
            let sum = sums.get(cause).and_then(Value::as_u64).unwrap_or(0);
            sums.insert(cause.clone(), (sum + n).into());
        }
        Due::Just(Value::Object(sums))
    }

    fn latency(&self) -> Due {
        let of = |kind: Kind| {
            let each = self
                .planted
                .map(|p| Sorted::new(p.kinds[kind as usize].latency.clone()));
            let pooled = self
                .planted
                .iter()
                .flat_map(|p| p.kinds[kind as usize].latency.clone());
            (Sorted::new(pooled), each)
        };
        let all = |planted: &Figures| {
            let kinds = planted.kinds.iter().flat_map(|kind| kind.latency.clone());
            kinds.collect::<Vec<_>>()
        };
        let each = self.planted.map(|planted| Sorted::new(all(planted)));
        let pooled = Sorted::new(self.planted.iter().flat_map(|planted| all(planted)));
        let kinds = Kind::ALL.into_iter().map(|kind| (kind.as_str(), of(kind)));
        let kinds: Vec<_> = kinds.collect();
        let percentiles = kinds
            .iter()
            .filter_map(|(kind, of)| Some((kind, of.0.percentiles()?)));
        let intervals = kinds
            .iter()
            .filter_map(|(kind, of)| Some((kind, of.0.intervals(&of.1)?)));
        Due::map([
            ("all", Due::maybe(pooled.percentiles())),
            ("kinds", Due::map(percentiles)),
            ("all_interval", Due::maybe(pooled.intervals(&each))),
            ("kinds_interval", Due::map(intervals)),
            ("curve", pooled.curve()),
        ])
    }

    /// A figure of all cells of the ledger.
    fn blocks(&self, of: impl Fn(Cost) -> f64) -> Blocks {
        Blocks {
            base: self.bases.map(&of),
            all: self.costs.iter().map(|two| two.map(&of)).collect(),
        }
    }

    fn correct(&self) -> Due {
        let shares = Field::ALL.into_iter().filter_map(|field| {
            let counts = self.planted.map(|planted| {
                let of = planted.fields[field as usize];
                (
                    of.correct,
                    of.correct + of.wrong + of.truncated + of.stale + of.missing,
                )
            });
            let (right, judged) = (counts[0].0 + counts[1].0, counts[0].1 + counts[1].1);
            let [low, high] = intervals::share(counts);
            let due = || {
                Due::map([
                    ("share", Due::Near(right as f64 / judged as f64)),
                    ("low", Due::Near(low)),
                    ("high", Due::Near(high)),
                ])
            };
            (judged > 0).then(|| (field.as_str(), due()))
        });
        Due::map(shares)
    }

    fn stall(&self, wall_ms: Due) -> Due {
        let waits = self
            .runs
            .map(|run| run.notes.get("backlog_wait_ms").copied());
        let waits = waits[0].zip(waits[1]);
        let waits = waits.map(|(one, two)| Due::map(intervals::mean([one as f64, two as f64])));
        Due::map([("wall_ms", wall_ms), ("queue_wait_ms", Due::maybe(waits))])
    }
}
