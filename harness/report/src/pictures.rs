/// Image formats to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// SVG.
    Svg,
    /// SVG, and PNG beside it.
    Png,
}
