//! Which technique for which need: rules about measured figures, applied to a record. What a
//! record does not hold is said to be lacking, never guessed.

mod answer;
mod metric;
mod rank;
mod rules;

use anyhow::Result;
use scoring::Summary;

pub use answer::{Answer, Pick, Reason, text};
pub use metric::Figure;
pub use rank::{Asked, answer};
pub use rules::{Need, Rules};

/// What the rules say for every need.
pub(crate) fn answers(summary: &Summary) -> Result<Vec<Answer>> {
    let rules = Rules::embedded()?;
    let answer = |need| answer(&rules, need, summary, Asked::default());
    Ok(rules.needs.iter().map(answer).collect())
}
