//! Where marks stand of which nothing across is known: side by side where they would cover each other.

use super::frame::LEFT;
use super::mark::{Mark, Place};
use crate::plots::axis::Axis;

/// From one column to the next, and from one mark of a column to the next.
const COLUMN: i32 = 18;
const APART: i32 = 15;
/// No more columns than these.
const MOST: usize = 5;

/// The columns, and in which of them each mark is, by its name.
pub(super) struct Lane {
    places: Vec<(String, usize)>,
}

impl Lane {
    /// `None` where something is known of all.
    pub(super) fn new(marks: &[Mark], up: &Axis) -> Option<Self> {
        let unknown = marks
            .iter()
            .filter(|one| matches!(one.across, Place::Unknown));
        let mut rows: Vec<_> = unknown
            .filter_map(|one| Some((up.at(one.up.value()?), one.name.clone())))
            .collect();
        rows.sort();
        let mut last = [i32::MIN / 2; MOST];
        let mut places = Vec::new();
        for (y, name) in rows {
            let free = last.iter().position(|before| y - before >= APART);
            let column = free.unwrap_or(MOST - 1);
            last[column] = y;
            places.push((name, column));
        }
        (!places.is_empty()).then_some(Self { places })
    }

    pub(super) fn width(&self) -> i32 {
        let last = self.places.iter().map(|one| one.1).max();
        COLUMN * (last.unwrap_or(0) as i32 + 1) + 4
    }

    /// The middle of the column of a mark.
    pub(super) fn x(&self, mark: &Mark) -> i32 {
        let found = self.places.iter().find(|one| one.0 == mark.name);
        let column = found.map_or(0, |one| one.1);
        LEFT + COLUMN * column as i32 + COLUMN / 2 + 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plots::style::Look;

    #[test]
    fn marks_that_would_cover_each_other_stand_side_by_side() {
        let mark = |name: &str, across, up| Mark {
            look: Look::of(0),
            quiet: false,
            name: name.into(),
            across,
            up: Place::At(up, None),
        };
        let near = [
            mark("a", Place::Unknown, 50.0),
            mark("b", Place::Unknown, 51.0),
            mark("c", Place::Unknown, 90.0),
            mark("d", Place::At(1.0, None), 50.5),
        ];
        let up = Axis::linear(&[0.0, 100.0], (300, 0));
        let lane = Lane::new(&near, &up).unwrap();
        assert_ne!(lane.x(&near[0]), lane.x(&near[1]));
        assert_eq!(lane.x(&near[2]), LEFT + COLUMN / 2 + 2);
        assert!(Lane::new(&near[3..], &up).is_none());
    }
}
