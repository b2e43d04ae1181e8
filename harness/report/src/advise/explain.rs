//! Why the answer is as it is, and what would change it.

use super::answer::{Pick, Reason};
use super::metric::Metric;
use super::question::{Candidate, Question};
use super::reading::Lack;
use crate::numbers::{few, thousands};

impl Question<'_> {
    /// A configuration with everything that speaks for it, against it, and what it costs.
    pub(super) fn pick(&self, one: &Candidate<'_>) -> Pick {
        let mut shown: Vec<Metric> = self.bounds().iter().map(|bound| bound.metric).collect();
        let has = self.reasons(one.configuration, &self.need.prefer, &mut shown);
        let mut price = self.reasons(one.configuration, &self.need.price, &mut shown);
        price.extend(self.at_rate(one.configuration));
        Pick {
            configuration: one.configuration.to_owned(),
            meets: one.meets.clone(),
            has,
            price,
            fails: one.fails.clone(),
            unknown: one.unknown.clone(),
        }
    }

    /// The figures that are not shown yet. What is not offered is said once.
    fn reasons(&self, name: &str, metrics: &[Metric], shown: &mut Vec<Metric>) -> Vec<Reason> {
        let new: Vec<_> = metrics
            .iter()
            .copied()
            .filter(|metric| !shown.contains(metric))
            .collect();
        shown.extend(&new);
        let reason = |metric: Metric| match self.read(metric, name) {
            Ok(found) => Some(Reason::new(name, found)),
            Err(Lack::NotOffered(why)) => Some(Reason::plain(name, why)),
            Err(Lack::Unknown(_)) => None,
        };
        new.into_iter().filter_map(reason).collect()
    }

    /// What the cost per event comes to at the rate that was asked for.
    fn at_rate(&self, name: &str) -> Option<Reason> {
        let rate = self.asked.rate?;
        let cpu = self.read(Metric::SystemCpu, name).ok()?;
        let share = |us: f64| few(us * rate / 10_000.0);
        let ends = cpu.ends.map_or(String::new(), |(low, high)| {
            format!(" ({} to {})", share(low), share(high))
        });
        let words = format!(
            "at {} events a second it takes {} % of one CPU{ends}",
            thousands(rate as u64),
            share(cpu.value),
        );
        Some(Reason {
            words,
            configuration: name.to_owned(),
            workloads: cpu.workloads,
        })
    }

    /// What would change the answer.
    pub(super) fn changes(
        &self,
        choices: &[&Candidate<'_>],
        runner_up: Option<&Candidate<'_>>,
    ) -> Vec<String> {
        let Some(choice) = choices.first() else {
            return Vec::new();
        };
        let names: Vec<_> = choices.iter().map(|one| one.configuration).collect();
        let out = self.bounds().into_iter().map(|bound| {
            format!(
                "{} is out once the {} is {}",
                names.join(" or "),
                bound.metric.label(),
                bound.broken()
            )
        });
        let mut changes: Vec<_> = out.collect();
        if choices.len() > 1 {
            changes.push("more repetitions may tell these apart".into());
        }
        changes.extend(runner_up.map(|other| self.rival(choice, other)));
        changes
    }

    fn rival(&self, choice: &Candidate<'_>, other: &Candidate<'_>) -> String {
        let name = other.configuration;
        if let Some(fail) = other.fails.first() {
            return format!("{name} comes in once this no longer holds: {}", fail.words);
        }
        if let Some(unknown) = other.unknown.first() {
            return format!("{name} comes in once this is known: {unknown}");
        }
        match self.decisive(choice.configuration, name) {
            Some((metric, own, _)) => format!(
                "{name} comes first once its {} is {} {}",
                metric.label(),
                if metric.more_is_better() {
                    "above"
                } else {
                    "below"
                },
                metric.write(own.value)
            ),
            None => format!(
                "no figure sets {} apart from {name}: more repetitions may",
                choice.configuration
            ),
        }
    }

    /// How the answer stands to the advice that is repeated everywhere.
    pub(super) fn netlink(&self, all: &[Candidate<'_>], choices: &[&Candidate<'_>]) -> String {
        let Some(netlink) = all.iter().find(|one| one.configuration == "netlink") else {
            return "\"Use netlink\": not measured in this record.".into();
        };
        let among = choices.iter().any(|one| one.configuration == "netlink");
        if among && choices.len() == 1 {
            return "\"Use netlink\" holds for this need.".into();
        }
        if among {
            return "\"Use netlink\" holds as well as the others: these figures cannot tell them apart.".into();
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
        let better = choices.iter().find_map(|one| {
            let found = self.decisive(one.configuration, "netlink")?;
            Some((one.configuration, found))
        });
        let Some((name, (_, own, theirs))) = better else {
            return "\"Use netlink\" meets this need.".into();
        };
        format!(
            "\"Use netlink\" meets this need, and {name} meets it better: {}, against {} for netlink.",
            own.text, theirs.text
        )
    }
}
