//! A need, asked of a record.

use scoring::Summary;

use super::answer::Reason;
use super::metric::Metric;
use super::read::read;
use super::reading::Found;
use super::reading::Lack;
use super::rules::{Bound, Need, Rules};

/// What was asked beyond the need itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Only techniques that run without root.
    pub no_root: bool,
    /// Events a second that the machine to be watched makes.
    pub rate: Option<f64>,
}

/// The whole question.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) rules: &'a Rules,
    pub(super) need: &'a Need,
    pub(super) summary: &'a Summary,
    pub(super) asked: Asked,
}

/// A configuration, held against the conditions of the need.
pub(super) struct Candidate<'a> {
    pub(super) configuration: &'a str,
    /// The conditions it meets.
    pub(super) meets: Vec<Reason>,
    /// Those it does not meet, and how.
    pub(super) fails: Vec<Reason>,
    /// Those of which the record does not say.
    pub(super) unknown: Vec<String>,
}

impl Candidate<'_> {
    /// Known to meet every condition.
    pub(super) fn is_able(&self) -> bool {
        self.fails.is_empty() && self.unknown.is_empty()
    }
}

impl<'a> Question<'a> {
    pub(super) fn read(&self, metric: Metric, configuration: &str) -> Found {
        read(metric, self.summary, configuration)
    }

    /// The conditions of the need, and the rate that was asked for.
    pub(super) fn bounds(&self) -> Vec<Bound> {
        let rate = self.asked.rate.map(|rate| Bound {
            metric: Metric::LosslessRate,
            at_most: None,
            at_least: Some(rate),
        });
        self.need.must.iter().copied().chain(rate).collect()
    }

    /// Every configuration of the record, in its order.
    pub(super) fn candidates(&self) -> Vec<Candidate<'a>> {
        let all = self.summary.record.monitors.iter();
        let names = all.map(|one| one.name.as_str());
        names
            .filter(|name| !name.starts_with("null") && !name.starts_with("replay"))
            .map(|name| self.candidate(name))
            .collect()
    }

    fn candidate(&self, configuration: &'a str) -> Candidate<'a> {
        let mut one = Candidate {
            configuration,
            meets: Vec::new(),
            fails: Vec::new(),
            unknown: Vec::new(),
        };
        if self.is_unavailable(configuration) {
            one.unknown.push(format!(
                "every figure of {configuration}: it cannot run where this was measured"
            ));
            return one;
        }
        if self.need.root == Some(false) || self.asked.no_root {
            self.judge_root(&mut one);
        }
        for bound in self.bounds() {
            self.judge(&mut one, &bound);
        }
        one
    }

    fn judge(&self, one: &mut Candidate<'a>, bound: &Bound) {
        let configuration = one.configuration;
        match self.read(bound.metric, configuration) {
            Ok(found) if bound.holds(found.value) => {
                one.meets.push(Reason::new(configuration, found));
            }
            Ok(found) => {
                let mut reason = Reason::new(configuration, found);
                reason.words += &format!(", and has to be {}", bound.words());
                one.fails.push(reason);
            }
            Err(Lack::NotOffered(why)) => one.fails.push(Reason::plain(configuration, why)),
            Err(why @ Lack::Unknown(_)) => {
                one.unknown.push(lack(configuration, bound.metric, &why));
            }
        }
    }

    fn is_unavailable(&self, configuration: &str) -> bool {
        let mut all = self.summary.record.monitors.iter();
        all.any(|one| one.name == configuration && one.unavailable.is_some())
    }

    /// A record made without root has measured it; otherwise it is documented.
    fn judge_root(&self, one: &mut Candidate<'a>) {
        let name = one.configuration;
        let plain = |words: String| Reason::plain(name, words);
        if self.summary.record.machine.uid != 0 {
            one.meets.push(plain("ran without root here".into()));
            return;
        }
        match self.rules.technique(name) {
            Some(known) if !known.root => one.meets.push(plain(format!(
                "runs without root (documented): needs {}",
                known.needs
            ))),
            Some(known) => one.fails.push(plain(format!("needs {}", known.needs))),
            None => one.unknown.push(format!(
                "{name} was only measured as root: whether it runs without is not known"
            )),
        }
    }
}

/// A figure that is not there, in words.
pub(super) fn lack(configuration: &str, metric: Metric, why: &Lack) -> String {
    format!("the {} of {configuration}: {}", metric.label(), why.why())
}
