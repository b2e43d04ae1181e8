//! One thing that was examined.

/// How one case went.
pub(crate) struct Case {
    /// The name of its ledger and the label of its monitor.
    pub(crate) name: String,
    /// One line for each figure that is not what was planted.
    pub(crate) faults: Vec<String>,
}
