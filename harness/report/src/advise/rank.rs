//! What meets a need, what does it best, and what is not known.

use super::answer::{Answer, Pick, Reason};
use super::metric::{Figure, Found, Measured};
use super::rules::{Bound, Need, Rules};
use crate::numbers::{few, thousands};
use scoring::Summary;

/// What was asked beyond the need itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Only techniques that run without root.
    pub no_root: bool,
    /// Events a second that the machine to be watched makes.
    pub rate: Option<f64>,
}

/// A technique, held against the conditions of a need.
struct Candidate<'a> {
    configuration: &'a str,
    /// The conditions it does not meet, and how.
    fails: Vec<Reason>,
    /// Those the record cannot tell of.
    unknown: Vec<String>,
    meets: Vec<Reason>,
}

/// Applies the rules for `need` to a record.
pub fn answer(rules: &Rules, need: &Need, summary: &Summary, asked: Asked) -> Answer {
    Judge {
        rules,
        need,
        summary,
        asked,
    }
    .answer()
}

struct Judge<'a> {
    rules: &'a Rules,
    need: &'a Need,
    summary: &'a Summary,
    asked: Asked,
}

impl<'a> Judge<'a> {
    fn answer(&self) -> Answer {
        let all: Vec<_> = self
            .monitors()
            .map(|monitor| self.candidate(monitor))
            .collect();
        let able = |one: &&Candidate<'_>| one.fails.is_empty() && one.unknown.is_empty();
        let able: Vec<_> = all.iter().filter(able).collect();
        let mut lacking = self.lacking(&all);
        let (first, undecided) = self.best(&able, &mut lacking);
        let others: Vec<_> = able
            .iter()
            .copied()
            .filter(|one| {
                Some(one.configuration) != first
                    && !undecided.iter().any(|name| name == one.configuration)
            })
            .collect();
        let second = self.best(&others, &mut Vec::new()).0;
        // Of those that fail, the one that fails in the least, and then misses the least.
        let badness = |one: &&Candidate<'_>| {
            let missed = self.figure(Figure::Missed, one.configuration);
            let missed = missed.map_or(1.0, |found| found.value);
            (one.fails.len() + one.unknown.len()) as f64 + missed
        };
        let failing = all.iter().filter(|one| !one.fails.is_empty());
        let nearest = failing.min_by(|a, b| badness(a).total_cmp(&badness(b)));
        let choice = all.iter().find(|one| Some(one.configuration) == first);
        let runner_up = all
            .iter()
            .find(|one| Some(one.configuration) == second)
            .or(nearest);
        Answer {
            need: self.need.name.clone(),
            title: self.need.title.clone(),
            purpose: self.need.purpose.clone(),
            choice: choice.map(|one| self.pick(one)),
            equals: undecided,
            runner_up: runner_up.map(|one| self.pick(one)),
            mind: choice.map_or_else(Vec::new, |one| self.mind(one, runner_up)),
            netlink: self.netlink(&all, choice),
            lacking,
        }
    }

    /// All that were measured, in the order of the record.
    fn monitors(&self) -> impl Iterator<Item = &'a str> {
        let names = self
            .summary
            .record
            .monitors
            .iter()
            .map(|one| one.name.as_str());
        names.filter(|name| !name.starts_with("null") && !name.starts_with("replay"))
    }

    fn figure(&self, figure: Figure, monitor: &str) -> Found {
        figure.of(self.summary, monitor)
    }

    fn bounds(&self) -> Vec<Bound> {
        let rate = self.asked.rate.map(|rate| Bound {
            figure: Figure::LosslessRate,
            at_most: None,
            at_least: Some(rate),
        });
        self.need.must.iter().copied().chain(rate).collect()
    }

    fn candidate(&self, monitor: &'a str) -> Candidate<'a> {
        let mut one = Candidate {
            configuration: monitor,
            fails: Vec::new(),
            unknown: Vec::new(),
            meets: Vec::new(),
        };
        if self.unavailable(monitor) {
            let words = format!("every figure of {monitor}: it cannot run where this was measured");
            one.unknown.push(words);
            return one;
        }
        if self.need.root == Some(false) || self.asked.no_root {
            self.judge_root(&mut one);
        }
        for bound in self.bounds() {
            match self.figure(bound.figure, monitor) {
                Ok(found) if bound.holds(found.value) => one.meets.push(reason(monitor, found)),
                Ok(found) => {
                    let mut reason = reason(monitor, found);
                    reason.words += &format!(", and has to be {}", bound.words());
                    one.fails.push(reason);
                }
                Err(why) => one.unknown.push(lack(monitor, bound.figure, &why)),
            }
        }
        one
    }

    fn unavailable(&self, monitor: &str) -> bool {
        let mut all = self.summary.record.monitors.iter();
        all.any(|one| one.name == monitor && one.unavailable.is_some())
    }

    /// A record made without root has measured it; otherwise it is documented.
    fn judge_root(&self, one: &mut Candidate<'a>) {
        let plain = |words: String| Reason {
            words,
            configuration: one.configuration.to_owned(),
            workloads: Vec::new(),
        };
        if self.summary.record.machine.uid != 0 {
            one.meets.push(plain("ran without root here".into()));
            return;
        }
        match self.rules.technique(one.configuration) {
            Some(known) if !known.root => {
                one.meets.push(plain(format!(
                    "runs without root (documented): needs {}",
                    known.needs
                )));
            }
            Some(known) => one.fails.push(plain(format!("needs {}", known.needs))),
            None => one.unknown.push(format!(
                "{} was only measured as root: whether it runs without is not known",
                one.configuration
            )),
        }
    }

    fn lacking(&self, all: &[Candidate<'_>]) -> Vec<String> {
        let mut lacking: Vec<_> = all.iter().flat_map(|one| one.unknown.clone()).collect();
        lacking.dedup();
        lacking
    }

    /// The first figure that sets some apart decides; `(the best, others as good)`. A figure that the
    /// record lacks of one of them decides nothing.
    fn best(
        &self,
        able: &[&Candidate<'a>],
        lacking: &mut Vec<String>,
    ) -> (Option<&'a str>, Vec<String>) {
        let mut left: Vec<(&str, Option<f64>)> =
            able.iter().map(|one| (one.configuration, None)).collect();
        for &figure in &self.need.prefer {
            if left.len() < 2 {
                break;
            }
            let found: Result<Vec<_>, String> = left
                .iter()
                .map(|(monitor, _)| {
                    self.figure(figure, monitor)
                        .map_err(|why| lack(monitor, figure, &why))
                })
                .collect();
            match found {
                Ok(found) => left = unbeaten(&left, &found, figure),
                Err(why) => lacking.push(why),
            }
        }
        // Of those that nothing sets apart the one with the better last figure comes first.
        left.sort_by(|a, b| a.1.partial_cmp(&b.1).unwrap_or(std::cmp::Ordering::Equal));
        let mut names = left.into_iter().map(|(monitor, _)| monitor);
        (names.next(), names.map(str::to_owned).collect())
    }

    /// A technique with everything that speaks for it, against it, and what it costs.
    fn pick(&self, one: &Candidate<'_>) -> Pick {
        let told: Vec<Figure> = self.bounds().iter().map(|bound| bound.figure).collect();
        let rest = |figures: &[Figure], told: &[Figure]| {
            let new = figures.iter().filter(|figure| !told.contains(figure));
            let found = new.filter_map(|figure| self.figure(*figure, one.configuration).ok());
            found
                .map(|found| reason(one.configuration, found))
                .collect::<Vec<_>>()
        };
        let decided = rest(&self.need.prefer, &told);
        let told: Vec<Figure> = told.into_iter().chain(self.need.prefer.clone()).collect();
        let mut price = rest(&self.need.price, &told);
        price.extend(self.at_rate(one.configuration));
        Pick {
            configuration: one.configuration.to_owned(),
            meets: one.meets.clone(),
            has: decided,
            price,
            fails: one.fails.clone(),
        }
    }

    /// What the cost per event comes to at the rate that was asked for.
    fn at_rate(&self, monitor: &str) -> Option<Reason> {
        let rate = self.asked.rate?;
        let cpu = self.figure(Figure::SystemCpu, monitor).ok()?;
        let share = |us: f64| few(us * rate / 10_000.0);
        let words = format!(
            "at {} events a second it takes {} % of one CPU ({} to {})",
            thousands(rate as u64),
            share(cpu.value),
            share(cpu.ends.0),
            share(cpu.ends.1)
        );
        Some(Reason {
            words,
            configuration: monitor.to_owned(),
            workloads: cpu.workloads,
        })
    }

    /// What would change the answer.
    fn mind(&self, choice: &Candidate<'_>, runner_up: Option<&Candidate<'_>>) -> Vec<String> {
        let out = self.bounds().into_iter().map(|bound| {
            format!(
                "{} is out once the {} is {}",
                choice.configuration,
                bound.figure.label(),
                bound.broken()
            )
        });
        let mut mind: Vec<_> = out.collect();
        mind.extend(runner_up.map(|other| self.rival(choice, other)));
        mind
    }

    fn rival(&self, choice: &Candidate<'_>, other: &Candidate<'_>) -> String {
        if let Some(fail) = other.fails.first() {
            return format!(
                "{} comes in once this no longer holds: {}",
                other.configuration, fail.words
            );
        }
        match self.decisive(choice.configuration, other.configuration) {
            Some((figure, own)) => format!(
                "{} comes first once its {} is {} {}",
                other.configuration,
                figure.label(),
                if figure.more_is_better() {
                    "above"
                } else {
                    "below"
                },
                figure.say(own.value)
            ),
            None => format!(
                "nothing measured sets {} apart from {}: more repetitions may",
                choice.configuration, other.configuration
            ),
        }
    }

    /// The first figure by which one is better than the other.
    fn decisive(&self, one: &str, other: &str) -> Option<(Figure, Measured)> {
        let mut figures = self.need.prefer.iter();
        figures.find_map(|&figure| {
            let own = self.figure(figure, one).ok()?;
            let others = self.figure(figure, other).ok()?;
            better(figure, &own, &others).then_some((figure, own))
        })
    }

    /// How the answer stands to the advice that is repeated everywhere.
    fn netlink(&self, all: &[Candidate<'_>], choice: Option<&Candidate<'_>>) -> String {
        let Some(netlink) = all.iter().find(|one| one.configuration == "netlink") else {
            return "\"Use netlink\": not measured in this record.".into();
        };
        if choice.is_some_and(|one| one.configuration == netlink.configuration) {
            return "\"Use netlink\" holds for this need.".into();
        }
        if let Some(fail) = netlink.fails.first() {
            return format!(
                "\"Use netlink\" does not hold for this need: {}.",
                fail.words
            );
        }
        if let Some(unknown) = netlink.unknown.first() {
            return format!("\"Use netlink\" cannot be judged here: {unknown}.");
        }
        let better = choice.and_then(|one| {
            Some((
                one,
                self.decisive(one.configuration, netlink.configuration)?,
            ))
        });
        let Some((choice, (figure, own))) = better else {
            return "\"Use netlink\" holds as well as the choice: nothing measured sets them apart.".into();
        };
        let theirs = self
            .figure(figure, netlink.configuration)
            .map_or_else(|why| why, |found| found.said);
        format!(
            "\"Use netlink\" would do for this need, but {} does better: {}, against {theirs} for netlink.",
            choice.configuration, own.said
        )
    }
}

fn reason(monitor: &str, found: Measured) -> Reason {
    Reason {
        words: found.said,
        configuration: monitor.to_owned(),
        workloads: found.workloads,
    }
}

fn lack(monitor: &str, figure: Figure, why: &str) -> String {
    format!("the {} of {monitor}: {why}", figure.label())
}

/// Better, and not by chance: the intervals do not touch.
fn better(figure: Figure, one: &Measured, other: &Measured) -> bool {
    if figure.more_is_better() {
        one.ends.0 > other.ends.1
    } else {
        one.ends.1 < other.ends.0
    }
}

/// Those that none is better than, each with its figure, less being better.
fn unbeaten<'a>(
    left: &[(&'a str, Option<f64>)],
    found: &[Measured],
    figure: Figure,
) -> Vec<(&'a str, Option<f64>)> {
    let sign = if figure.more_is_better() { -1.0 } else { 1.0 };
    let pairs = left.iter().zip(found);
    pairs
        .filter(|(_, own)| !found.iter().any(|other| better(figure, other, own)))
        .map(|((monitor, _), own)| (*monitor, Some(sign * own.value)))
        .collect()
}
