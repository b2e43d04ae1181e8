//! Which technique for which need: rules about measured figures, applied to a record. What a
//! record does not hold is said to be lacking, never guessed.

mod answer;
mod choose;
mod figure;
mod rules;

pub use answer::{Answer, Pick, Reason, text};
pub use choose::{Asked, answer};
pub use figure::Figure;
pub use rules::{Need, Rules};
