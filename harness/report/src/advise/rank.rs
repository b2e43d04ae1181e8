//! The answer to a question: what meets the need, and which of those do it best.

use super::answer::Answer;
use super::metric::Metric;
use super::question::{Candidate, Question, lack};
use super::reading::Reading;
use super::sentence::sentence;

impl<'a> Question<'a> {
    /// The whole answer.
    pub(super) fn answer(&self) -> Answer {
        let all = self.candidates();
        let able: Vec<_> = all.iter().filter(|one| one.is_able()).collect();
        let mut lacking: Vec<_> = all.iter().flat_map(|one| one.unknown.clone()).collect();
        lacking.dedup();
        let best = self.best(&able, &mut lacking);
        let (choices, rest): (Vec<_>, Vec<_>) = able
            .iter()
            .copied()
            .partition(|one| best.contains(&one.configuration));
        let second = self.best(&rest, &mut Vec::new());
        let second = rest
            .into_iter()
            .find(|one| second.contains(&one.configuration));
        let runner_up = second.or_else(|| self.nearest(&all));
        Answer {
            need: self.need.name.clone(),
            title: self.need.title.clone(),
            purpose: self.need.purpose.clone(),
            sentence: sentence(self.summary, &choices, runner_up),
            choices: choices.iter().map(|one| self.pick(one)).collect(),
            changes: self.changes(&choices, runner_up),
            netlink: self.netlink(&all, &choices),
            runner_up: runner_up.map(|one| self.pick(one)),
            lacking,
        }
    }

    /// Those that none is better than, by the first figure that sets some apart, then by the next. A
    /// figure that the record lacks of one of them, or has without an interval, sets none apart.
    pub(super) fn best(&self, able: &[&Candidate<'a>], lacking: &mut Vec<String>) -> Vec<&'a str> {
        let mut left: Vec<&str> = able.iter().map(|one| one.configuration).collect();
        for &metric in &self.need.prefer {
            if left.len() < 2 {
                break;
            }
            match self.readings(metric, &left) {
                Ok(found) => left = unbeaten(&left, &found, metric),
                Err(why) => lacking.push(why),
            }
        }
        left
    }

    fn readings(&self, metric: Metric, names: &[&str]) -> Result<Vec<Reading>, String> {
        let read = |name: &&str| {
            let found = self.read(metric, name);
            found.map_err(|why| lack(name, metric, &why))
        };
        names.iter().map(read).collect()
    }

    /// The first figure by which `one` is better than `other`.
    pub(super) fn decisive(&self, one: &str, other: &str) -> Option<(Metric, Reading, Reading)> {
        let mut metrics = self.need.prefer.iter();
        metrics.find_map(|&metric| {
            let own = self.read(metric, one).ok()?;
            let theirs = self.read(metric, other).ok()?;
            own.beats(&theirs, metric).then_some((metric, own, theirs))
        })
    }

    /// Of those that are not known to meet the need the one that fails in the least, of which the least is left open,
    /// and which then misses the least: what was not measured may yet be met, what was is not.
    pub(super) fn nearest<'c>(&self, all: &'c [Candidate<'a>]) -> Option<&'c Candidate<'a>> {
        let missed = |one: &Candidate<'_>| {
            let found = self.read(Metric::Missed, one.configuration);
            found.map_or(1.0, |found| found.value)
        };
        let measured = |one: &&Candidate<'_>| !one.fails.is_empty() || !one.meets.is_empty();
        let failing = all.iter().filter(|one| !one.is_able()).filter(measured);
        failing.min_by(|a, b| {
            let counts = |one: &Candidate<'_>| (one.fails.len(), one.unknown.len());
            let open = counts(a).cmp(&counts(b));
            open.then_with(|| missed(a).total_cmp(&missed(b)))
        })
    }
}

fn unbeaten<'a>(names: &[&'a str], found: &[Reading], metric: Metric) -> Vec<&'a str> {
    let beaten = |own: &Reading| found.iter().any(|other| other.beats(own, metric));
    let pairs = names.iter().zip(found);
    pairs
        .filter(|(_, own)| !beaten(own))
        .map(|(name, _)| *name)
        .collect()
}
