//! The text of one cell of a table.

use serde::Serialize;

/// A figure, in full and short enough for a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CellText {
    pub(crate) full: String,
    pub(crate) short: String,
    pub(crate) tone: Tone,
}

/// What colour and weight underline; never the only sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    /// Shown to be good.
    Good,
    /// Shown to be bad.
    Bad,
    /// It cannot be told.
    Unknown,
    /// Neither good nor bad.
    #[default]
    Plain,
}

impl CellText {
    pub(crate) fn new(full: impl Into<String>, short: impl Into<String>, tone: Tone) -> Self {
        Self {
            full: full.into(),
            short: short.into(),
            tone,
        }
    }

    /// The same text in both lengths.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text.clone(), text, Tone::Plain)
    }

    /// No such figure.
    pub(crate) fn none() -> Self {
        Self::plain("-")
    }

    /// It cannot be told.
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Self::new(why, "?", Tone::Unknown)
    }
}
