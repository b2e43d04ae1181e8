//! From the figures of marks to places in the frame.

use super::frame::{BOTTOM, LEFT, RIGHT, TOP};
use super::lane::Lane;
use super::mark::{Mark, Place};
use crate::plots::axis::Axis;
use crate::plots::placer::Spot;

/// Room at the left of the axis for arrows.
const ARROWS: i32 = 26;

/// Both axes, and where marks of which nothing across is known stand.
pub(super) struct Axes {
    pub(super) across: Axis,
    pub(super) up: Axis,
    pub(super) lane: Option<Lane>,
}

impl Axes {
    /// `log`: what goes up is logarithmic, as what is across. `None` where nothing is known across, or nothing up.
    pub(super) fn new(marks: &[Mark], log: bool) -> Option<Self> {
        let of = |place: fn(&Mark) -> Place| {
            let all = marks.iter().map(place);
            all.flat_map(Place::reach).collect::<Vec<_>>()
        };
        let pixels = (BOTTOM, TOP);
        let values = of(|one| one.up);
        let up = match log {
            true => Axis::log(&values, pixels)?,
            false => Axis::linear(&values, pixels),
        };
        let lane = Lane::new(marks, &up);
        let bounded = |one: &Mark| matches!(one.across, Place::AtMost(_));
        let arrows = marks.iter().any(bounded);
        let left = LEFT + lane.as_ref().map_or(0, Lane::width) + if arrows { ARROWS } else { 0 };
        Some(Self {
            across: Axis::log(&of(|one| one.across), (left, RIGHT))?,
            up,
            lane,
        })
    }

    /// Where a mark is.
    pub(super) fn spot(&self, one: &Mark) -> Spot {
        let y = self.up.at(one.up.value().unwrap_or(0.0));
        let across = one.across.value().map(|value| self.across.at(value));
        let lane = || self.lane.as_ref().map(|lane| lane.x(one));
        (across.or_else(lane).unwrap_or(LEFT), y)
    }
}
