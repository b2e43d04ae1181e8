//! A sweep: how far each configuration can be turned up, as a page and as lines on a terminal.

mod row;
mod section;
mod terminal;

pub(crate) use section::Sweeps;
pub(crate) use terminal::terminal;
