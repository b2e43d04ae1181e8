//! The rules, as they stand in `rules.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::metric::Metric;
use contract::bare_name;

/// Everything in `rules.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// In the order of the report.
    #[serde(rename = "need")]
    pub needs: Vec<Need>,
    #[serde(rename = "technique")]
    pub(super) techniques: BTreeMap<String, Technique>,
}

/// What is wanted of a monitor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// As given on the command line.
    pub name: String,
    pub(super) title: String,
    /// What it is needed for.
    #[serde(rename = "for")]
    pub(super) purpose: String,
    /// `false`: it has to run without root.
    pub(super) root: Option<bool>,
    pub(super) must: Vec<Bound>,
    pub(super) prefer: Vec<Metric>,
    pub(super) price: Vec<Metric>,
}

/// A figure and how much it may be, or must.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bound {
    pub(super) metric: Metric,
    pub(super) at_most: Option<f64>,
    pub(super) at_least: Option<f64>,
}

/// What is documented of a technique.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Technique {
    pub(crate) root: bool,
    /// The oldest kernel whose interface it uses.
    pub(crate) since: String,
    pub(super) needs: String,
}

impl Rules {
    /// The rules that are part of this program.
    pub fn embedded() -> anyhow::Result<Self> {
        Ok(toml::from_str(include_str!("rules.toml"))?)
    }

    /// Whether it is documented what the monitor with this label needs.
    pub fn documents(&self, label: &str) -> bool {
        self.technique(label).is_some()
    }

    /// What is documented of the monitor with this label.
    pub(crate) fn technique(&self, label: &str) -> Option<&Technique> {
        self.techniques.get(bare_name(label))
    }
}

impl Bound {
    pub(super) fn holds(&self, value: f64) -> bool {
        self.at_most.is_none_or(|most| value <= most)
            && self.at_least.is_none_or(|least| value >= least)
    }

    /// "at most 1 %".
    pub(super) fn words(&self) -> String {
        let most = self
            .at_most
            .map(|v| format!("at most {}", self.metric.write(v)));
        let least = self
            .at_least
            .map(|v| format!("at least {}", self.metric.write(v)));
        most.into_iter()
            .chain(least)
            .collect::<Vec<_>>()
            .join(" and ")
    }

    /// What would break it: "above 1 %".
    pub(super) fn broken(&self) -> String {
        let most = self
            .at_most
            .map(|v| format!("above {}", self.metric.write(v)));
        let least = self
            .at_least
            .map(|v| format!("below {}", self.metric.write(v)));
        most.into_iter()
            .chain(least)
            .collect::<Vec<_>>()
            .join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_whole() {
        let rules = Rules::embedded().unwrap();
        assert_eq!(rules.needs.len(), 4);
        for need in &rules.needs {
            assert!(!need.prefer.is_empty(), "{}: nothing decides", need.name);
            for bound in &need.must {
                assert!(
                    !bound.words().is_empty(),
                    "{}: {bound:?} asks for nothing",
                    need.name
                );
            }
        }
    }
}
