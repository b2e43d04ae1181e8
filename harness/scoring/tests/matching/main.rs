//! Matching against arbitrary input, against a slow matching that is plainly right, against the near
//! misses of real techniques, and against guesses.

mod guessing;
mod made;
mod near_misses;
mod properties;
mod reference;
