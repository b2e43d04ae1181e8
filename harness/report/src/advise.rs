//! Which technique for which need: rules about measured figures, applied to a record. What a
//! record does not hold is said to be lacking, never guessed.

mod answer;
mod metric;
mod rank;
mod rules;

pub use answer::{Answer, Pick, Reason, text};
pub use metric::Figure;
pub use rank::{Asked, answer};
pub use rules::{Need, Rules};
