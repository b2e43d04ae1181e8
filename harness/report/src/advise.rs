//! Which technique for which need: rules about measured figures, applied to a record. What a
//! record does not hold is said to be lacking, never guessed.

mod answer;
mod explain;
mod metric;
mod other_records;
mod question;
mod rank;
mod read;
mod reading;
mod rules;
mod sentence;
mod shares;
mod text;

use anyhow::Result;
use scoring::Summary;

use self::question::Question;

pub use answer::{Answer, Pick, Reason};
pub use other_records::{Named, Other, others};
pub use question::Asked;
pub use rules::{Need, Rules};
pub use text::text;

/// Applies the rules for `need` to a record.
pub fn answer(rules: &Rules, need: &Need, summary: &Summary, asked: Asked) -> Answer {
    let question = Question {
        rules,
        need,
        summary,
        asked,
    };
    question.answer()
}

/// What the rules say for every need.
pub(crate) fn answers(summary: &Summary) -> Result<Vec<Answer>> {
    let rules = Rules::embedded()?;
    let answer = |need| answer(&rules, need, summary, Asked::default());
    Ok(rules.needs.iter().map(answer).collect())
}
