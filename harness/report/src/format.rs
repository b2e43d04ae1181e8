//! Figures as words: one way of writing each, for the terminal and for every page.

mod buffer;
mod cell_text;
mod cost;
mod fields;
mod latency;
mod loss;
mod notes;
mod row;

pub(crate) use cell_text::{CellText, Tone};
pub(crate) use cost::{ends, few_ends, own_cpu, slowdown, system_cpu};
pub(crate) use fields::{fields, together as field_together};
pub(crate) use latency::{ends as latency_ends, latency};
pub(crate) use loss::{NOT_TESTED, kind_text, offered_only, pooled, together};
pub(crate) use notes::trouble;
pub(crate) use row::{HEAD, KEYS, Row, SHORT_HEAD, SHORT_KEYS, rows};
