use serde::Serialize;

/// A plot, and what it shows as a table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plot {
    /// What it is called in an anchor.
    pub(crate) name: &'static str,
    /// Its file below plots/.
    pub(crate) file: String,
    /// What a link to it says.
    pub(crate) nav: &'static str,
    pub(crate) title: &'static str,
    /// How to read it.
    pub(crate) about: &'static str,
    pub(crate) svg: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The head of the table of a plot: which rows it is about comes first.
pub(super) fn head(figures: &[&str]) -> Vec<String> {
    let words = ["workload", "configuration"].into_iter();
    words
        .chain(figures.iter().copied())
        .map(String::from)
        .collect()
}
