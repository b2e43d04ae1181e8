//! Where the frame of the chart is on its sheet.

pub(super) const SIZE: (u32, u32) = (450, 440);
/// Of the frame.
pub(super) const LEFT: i32 = 46;
pub(super) const RIGHT: i32 = SIZE.0 as i32 - 12;
pub(super) const TOP: i32 = 92;
pub(super) const BOTTOM: i32 = SIZE.1 as i32 - 46;
