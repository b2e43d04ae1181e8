use contract::{Kind, Label};
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, offered};
use crate::record::Status;

/// What is offered in a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Load {
    /// So many processes a second.
    Rate(u32),
    /// So many back to back, as fast as they can be made.
    Burst(u32),
}

impl Load {
    /// Taken from the label of a trial, with the label of what was turned up.
    pub fn parse(label: &str) -> Option<(String, Self)> {
        let Label {
            name,
            options: given,
        } = Label::parse(label)?;
        let number = |wanted: &str| {
            let found = given.iter().find(|(name, _)| *name == wanted)?;
            found.1.parse::<u32>().ok()
        };
        let load = match (number("rate")?, number("count")?) {
            (0, count) => Self::Burst(count),
            (rate, _) => Self::Rate(rate),
        };
        let others: Vec<_> = given
            .iter()
            .filter(|(name, _)| !["rate", "count"].contains(name))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let base = match others.is_empty() {
            true => name.to_owned(),
            false => format!("{name}{{{}}}", others.join(",")),
        };
        Some((base, load))
    }
}

/// What came of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// What was offered.
    pub load: Load,
    /// Events of offered kinds that were missed.
    pub missed: u64,
    /// The rate was reached: the workload was not held up.
    pub reached: bool,
}

impl Trial {
    /// Of a measured cell.
    pub fn of(load: Load, cell: &Cell) -> Option<Self> {
        (cell.status == Status::Ok).then(|| Self {
            load,
            missed: offered(&cell.kinds).map(|(_, score)| score.missed).sum(),
            reached: cell.pace.as_ref().is_none_or(|pace| pace.reached),
        })
    }

    /// Nothing was missed.
    pub fn lossless(&self) -> bool {
        self.missed == 0
    }

    /// Nothing was missed, and the workload was not held up for it.
    pub fn holds(&self) -> bool {
        self.lossless() && self.reached
    }
}

/// Processes a second of a back-to-back trial.
pub fn burst_rate(cell: &Cell) -> Option<f64> {
    let forks = cell.kinds.get(Kind::Fork)?.truths;
    Some(forks as f64 * 1000.0 / cell.cost.wall_ms.filter(|ms| *ms > 0.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_what_was_turned_up_and_how_far() {
        let parsed = |label| Load::parse(label).unwrap();
        let plain = ("paced".to_owned(), Load::Rate(50));
        assert_eq!(parsed("paced{count=100,rate=50}"), plain);
        let other = ("paced/exec{width=2}".to_owned(), Load::Burst(9));
        assert_eq!(parsed("paced/exec{count=9,rate=0,width=2}"), other);
        assert_eq!(Load::parse("fork-bomb"), None);
    }
}
