//! What the rules say for one need.

use serde::Serialize;

use super::reading::Reading;

/// The answer, in words and figures.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Name of the need.
    pub need: String,
    /// The need in words.
    pub title: String,
    /// What it is needed for.
    #[serde(rename = "for")]
    pub purpose: String,
    /// The whole answer in one sentence or two, without the title.
    pub sentence: String,
    /// Those that meet it best; several where the figures cannot tell them apart, none where nothing
    /// measured is known to meet it.
    pub choices: Vec<Pick>,
    /// The next best, or the one that fails least.
    pub runner_up: Option<Pick>,
    /// What would change the answer.
    pub changes: Vec<String>,
    /// How it stands to "use netlink".
    pub netlink: String,
    /// What the record does not hold of what the rules ask for.
    pub lacking: Vec<String>,
}

/// A configuration, with what speaks for it and against it.
#[derive(Clone, Debug, Serialize)]
pub struct Pick {
    /// Its label.
    pub configuration: String,
    /// Conditions it meets.
    pub meets: Vec<Reason>,
    /// The figures that decide between those that do.
    pub has: Vec<Reason>,
    /// What it costs to follow the advice.
    pub price: Vec<Reason>,
    /// Conditions it does not meet.
    pub fails: Vec<Reason>,
    /// Conditions of which the record does not say.
    pub unknown: Vec<String>,
}

/// A figure in words, and where in the record it is from.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// "missed 0 of 300,000, at most 0.0012 %".
    pub words: String,
    /// Whose rows.
    pub configuration: String,
    /// Of which workloads.
    pub workloads: Vec<String>,
}

impl Answer {
    /// The labels of those that meet the need best.
    pub fn names(&self) -> Vec<&str> {
        let all = self.choices.iter();
        all.map(|one| one.configuration.as_str()).collect()
    }
}

impl Reason {
    pub(super) fn new(configuration: &str, found: Reading) -> Self {
        Self {
            words: found.text,
            configuration: configuration.to_owned(),
            workloads: found.workloads,
        }
    }

    /// Of no row.
    pub(super) fn plain(configuration: &str, words: String) -> Self {
        Self {
            words,
            configuration: configuration.to_owned(),
            workloads: Vec::new(),
        }
    }
}
