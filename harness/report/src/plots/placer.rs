//! Where the names of marks go, so that none covers another, a mark, or what leads to another. Pure: from
//! pixels to pixels.

/// How wide a letter is, in tenths of a pixel, and how high a line is.
const LETTER: i32 = 72;
const HIGH: i32 = 15;
/// Half of a mark, with some air.
const MARK: i32 = 8;
/// From here on a line leads from a mark to its name.
const NEAR: i32 = 16;
/// How far from its mark a name may be.
const REACHES: [i32; 14] = [
    MARK + 1,
    14,
    20,
    28,
    38,
    50,
    66,
    86,
    110,
    140,
    180,
    220,
    260,
    300,
];
/// So many pixels farther is better than over a line, and than with its leader over another mark.
const CROSSING: i32 = 30;
const TOUCHING: i32 = 45;
/// The same for a leader under a name.
const UNDER: i32 = 120;
/// In how many directions a place is looked for.
const TURNS: i32 = 24;

/// A point on the sheet.
pub(super) type Spot = (i32, i32);

/// A box on the sheet, its ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

/// A name that has found its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    /// Of which mark it is.
    pub(super) mark: usize,
    /// The middle of its left end.
    pub(super) at: Spot,
    /// The line that leads to it, where it is not beside its mark.
    pub(super) leader: Option<(Spot, Spot)>,
    area: Area,
    /// How far it is from its mark.
    reach: i32,
}

/// Names marks, the ones with the least room first. A mark without a name is only not to be covered; a name
/// without a place is left out.
pub(super) fn place(names: &[(&str, Spot)], lines: &[(Spot, Spot)], frame: Area) -> Vec<Placed> {
    let crowd = |at: Spot| {
        let near = names.iter().filter(|(_, other)| distance(at, *other) < 60);
        near.count()
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.retain(|&mark| !names[mark].0.is_empty());
    order.sort_by_key(|&mark| (std::cmp::Reverse(crowd(names[mark].1)), names[mark].1));
    let mut found: Vec<Placed> = Vec::new();
    for mark in order {
        let (text, at) = names[mark];
        let others = || names.iter().map(|(_, other)| *other);
        let fits = |one: &Placed| {
            frame.holds(one.area)
                && others().all(|other| !one.hides(other))
                && found.iter().all(|other| !one.area.meets(other.area))
        };
        let worth = |one: &Placed| {
            let crossed = one.is_crossed(lines);
            let touched = others().any(|other| other != at && one.touches(other));
            let under = found.iter().any(|other| one.disturbs(other));
            let faults = [(crossed, CROSSING), (touched, TOUCHING), (under, UNDER)];
            let price = faults.iter().map(|(is, price)| i32::from(*is) * price);
            one.reach + price.sum::<i32>()
        };
        let all = candidates(mark, text, at).into_iter();
        found.extend(all.filter(fits).min_by_key(worth));
    }
    found
}

/// Every place around a mark, the nearest first.
fn candidates(mark: usize, text: &str, at: Spot) -> Vec<Placed> {
    let wide = text.chars().count() as i32 * LETTER / 10;
    let at_reach = |reach: i32| {
        (0..TURNS).map(move |turn| {
            let angle = f64::from(turn) / f64::from(TURNS) * std::f64::consts::TAU;
            let (sin, cos) = angle.sin_cos();
            let end = (
                at.0 + (cos * f64::from(reach)).round() as i32,
                at.1 + (sin * f64::from(reach)).round() as i32,
            );
            // The name lies on the far side of its nearest point.
            let left = end.0 - ((1.0 - cos) / 2.0 * f64::from(wide)).round() as i32;
            let middle = end.1 + (sin * f64::from(HIGH) / 2.0).round() as i32;
            Placed {
                mark,
                at: (left, middle),
                leader: (reach > NEAR).then_some((at, end)),
                reach,
                area: Area {
                    left,
                    top: middle - HIGH / 2,
                    right: left + wide,
                    bottom: middle + HIGH / 2,
                },
            }
        })
    };
    REACHES.into_iter().flat_map(at_reach).collect()
}

impl Placed {
    /// Whether one of the lines goes through the name.
    pub(super) fn is_crossed(&self, lines: &[(Spot, Spot)]) -> bool {
        lines.iter().any(|line| self.area.is_crossed(*line))
    }

    /// Upper left and lower right of the name.
    pub(super) fn corners(&self) -> [Spot; 2] {
        let area = self.area;
        [(area.left, area.top), (area.right, area.bottom)]
    }

    /// Whether the name stands over a mark.
    fn hides(&self, mark: Spot) -> bool {
        self.area.meets(around(mark))
    }

    /// Whether the line that leads to one goes under the other.
    fn disturbs(&self, other: &Self) -> bool {
        let through =
            |line: Option<(Spot, Spot)>, area: Area| line.is_some_and(|line| area.is_crossed(line));
        through(self.leader, other.area) || through(other.leader, self.area)
    }

    /// Whether the line that leads to it goes over a mark.
    fn touches(&self, mark: Spot) -> bool {
        let line = self.leader;
        line.is_some_and(|line| around(mark).is_crossed(line))
    }
}

fn around(mark: Spot) -> Area {
    Area {
        left: mark.0 - MARK,
        top: mark.1 - MARK,
        right: mark.0 + MARK,
        bottom: mark.1 + MARK,
    }
}

fn distance(one: Spot, other: Spot) -> i32 {
    (one.0 - other.0).abs().max((one.1 - other.1).abs())
}

impl Area {
    fn holds(self, other: Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }

    fn meets(self, other: Self) -> bool {
        self.left <= other.right
            && other.left <= self.right
            && self.top <= other.bottom
            && other.top <= self.bottom
    }

    /// Whether a straight line goes through it: some point of it, two pixels apart, lies within.
    fn is_crossed(self, (from, to): (Spot, Spot)) -> bool {
        let steps = distance(from, to) / 2 + 1;
        let along = |from: i32, to: i32, step: i32| from + (to - from) * step / steps;
        (0..=steps).any(|step| {
            let (x, y) = (along(from.0, to.0, step), along(from.1, to.1, step));
            (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Area = Area {
        left: 0,
        top: 0,
        right: 450,
        bottom: 330,
    };

    fn hold(names: &[(&str, Spot)], found: &[Placed]) {
        for (place, one) in found.iter().enumerate() {
            assert!(FRAME.holds(one.area), "{one:?}");
            for other in &found[..place] {
                assert!(!one.area.meets(other.area), "{one:?} {other:?}");
            }
            for (name, at) in names {
                assert!(!one.hides(*at), "{one:?} hides {name}");
            }
        }
    }

    #[test]
    fn a_name_with_room_stands_beside_its_mark() {
        let names = [("ebpf", (200, 100)), ("audit", (300, 200))];
        let found = place(&names, &[], FRAME);
        assert!(found.iter().all(|one| one.leader.is_none()));
        assert_eq!(found[0].at, (209, 100));
        hold(&names, &found);
        // Not over a line where there is another place, and not beyond the edge.
        let line = ((150, 100), (260, 100));
        assert!(!place(&names, &[line], FRAME)[0].area.is_crossed(line));
        let edge = [("netlink", (445, 100))];
        hold(&edge, &place(&edge, &[], FRAME));
    }

    #[test]
    fn in_a_crowd_every_name_finds_a_place_and_none_covers_another() {
        let column = (0..12).map(|place| ("a-longer-name", (20, 100 + place * 9)));
        let heap = (0..14).map(|place| ("tool", (300 + place % 4 * 5, 150 + place / 4 * 5)));
        let names: Vec<_> = column.chain(heap).collect();
        let found = place(&names, &[], FRAME);
        assert_eq!(found.len(), names.len());
        hold(&names, &found);
    }

    #[test]
    fn what_has_no_place_is_left_out_and_covers_nothing() {
        let names: Vec<_> = (0..150)
            .map(|place| ("name", (place * 3, 165 + place % 2)))
            .collect();
        let found = place(&names, &[], FRAME);
        assert!(found.len() < names.len() && found.len() > 50);
        hold(&names, &found);
    }
}
