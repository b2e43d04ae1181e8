//! Figures as words: one way of writing each, for the terminal and for every page.

mod cell_text;
mod cost;
mod fields;
mod latency;
mod loss;
mod notes;
mod row;

pub(crate) use cell_text::{CellText, Tone, tight};
pub(crate) use cost::{own_cpu, slowdown, system_cpu};
pub(crate) use loss::{missed, offered_only, pooled};
pub(crate) use row::{HEAD, Row, SHORT_HEAD, rows};
