/// One measured cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The block; any number.
    pub block: u32,
    /// The configuration; 0 is `null`.
    pub configuration: usize,
    /// Which of the two cells of `null` in its block, 0 or 1, assigned before the order is drawn;
    /// 0 for every other configuration.
    pub copy: u8,
    /// When it was measured: its number in the order of all cells, of which neighbours are alike.
    pub order: u32,
    /// Wall time or system CPU per event, in any unit. Must be positive and finite.
    pub value: f64,
    /// Whether the machine withheld CPU time from the cell.
    pub stolen: bool,
}
