/// Stands before the two hexadecimal digits of a byte that is not UTF-8.
pub(super) const MARK: char = '\u{fffd}';
