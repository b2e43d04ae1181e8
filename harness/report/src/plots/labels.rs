//! Where the words beside marks go. Pure: from marks in pixels to words in pixels.

/// How wide a letter is at most, in halves of a pixel, and how high a line is.
const LETTER: i32 = 15;
const HIGH: i32 = 16;
/// Two words beside each other are so far apart, or they read as one.
const APART: i32 = 8;
/// How far from its mark a word is: beside it, and beneath it.
const BESIDE: i32 = 10;
const BENEATH: i32 = 17;

/// How a figure is written, and what stands behind it.
pub(super) type Unit = (fn(f64) -> String, &'static str);

/// Words, and the middle of their right end.
#[derive(Debug, PartialEq)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) at: (i32, i32),
}

/// Marks that share a note: from the left, and from the least, to the most.
#[derive(Clone, Copy)]
struct Group {
    across: (i32, i32),
    lowest: i32,
    figures: (f64, f64),
}

/// A mark: where it is, and the figure it has a note of, if any.
pub(super) type Marked = ((i32, i32), Option<f64>);

/// A note for every mark with a figure, and one for all that are so near that theirs would cover each
/// other. Nothing is written left of `edge`.
pub(super) fn arrange(marks: &[Marked], unit: Unit, edge: i32) -> Vec<Note> {
    let one = |&((x, y), figure): &Marked| {
        let figure = figure?;
        Some(Group {
            across: (x, x),
            lowest: y,
            figures: (figure, figure),
        })
    };
    let mut groups: Vec<Group> = marks.iter().filter_map(one).collect();
    loop {
        let all = groups.iter().map(|one| one.note(unit, edge, marks));
        let notes: Vec<Note> = all.collect();
        let Some((first, second)) = covered(&notes) else {
            return notes;
        };
        let other = groups.remove(second);
        groups[first] = groups[first].with(&other);
    }
}

/// Two that cover each other.
fn covered(notes: &[Note]) -> Option<(usize, usize)> {
    (0..notes.len()).find_map(|first| {
        let mut others = first + 1..notes.len();
        let second = others.find(|&second| notes[first].covers(&notes[second]))?;
        Some((first, second))
    })
}

impl Group {
    fn with(self, other: &Self) -> Self {
        let (across, figures) = (other.across, other.figures);
        Self {
            across: (self.across.0.min(across.0), self.across.1.max(across.1)),
            lowest: self.lowest.max(other.lowest),
            figures: (self.figures.0.min(figures.0), self.figures.1.max(figures.1)),
        }
    }

    /// Of a single mark beside it, where nothing is; else beneath, in the middle.
    fn note(&self, unit: Unit, edge: i32, marks: &[Marked]) -> Note {
        let text = range(self.figures, unit);
        let (wide, (left, right)) = (wide(&text), self.across);
        let beside = Note {
            text,
            at: (left - BESIDE, self.lowest),
        };
        if left == right
            && beside.at.0 - wide >= edge
            && !marks.iter().any(|mark| beside.hides(mark))
        {
            return beside;
        }
        let middle = i32::midpoint(left, right) + wide / 2;
        Note {
            at: (middle.max(edge + wide), self.lowest + BENEATH),
            ..beside
        }
    }
}

impl Note {
    fn hides(&self, &((x, y), _): &Marked) -> bool {
        let across = self.at.0 - wide(&self.text)..self.at.0;
        across.contains(&x) && (self.at.1 - y).abs() < HIGH
    }

    fn covers(&self, other: &Self) -> bool {
        let left = |note: &Self| note.at.0 - wide(&note.text);
        let (ours, theirs) = (self.at.0 + APART, other.at.0 + APART);
        let across = left(self) < theirs && left(other) < ours;
        across && (self.at.1 - other.at.1).abs() < HIGH
    }
}

/// "35 %", or of several figures the least and the most: "0.02-0.05 %".
fn range((least, most): (f64, f64), (text, unit): Unit) -> String {
    match [least, most].map(text) {
        [one, other] if one == other => one + unit,
        [least, most] => format!("{least}-{most}{unit}"),
    }
}

fn wide(text: &str) -> i32 {
    text.chars().count() as i32 * LETTER / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Unit = (|share| share.to_string(), " %");

    fn texts(notes: &[Note]) -> Vec<&str> {
        notes.iter().map(|note| &*note.text).collect()
    }

    #[test]
    fn marks_with_room_have_a_note_each_beside_them() {
        let marks = [((100, 50), Some(0.5)), ((200, 60), Some(35.0))];
        let notes = arrange(&marks, SHARE, 64);
        assert_eq!(texts(&notes), ["0.5 %", "35 %"]);
        assert_eq!(notes[1].at, (190, 60));
        // Not over what is written at the edge, and not over another mark.
        assert_eq!(arrange(&marks[..1], SHARE, 90)[0].at.1, 67);
        let crowded = [marks[1], ((180, 62), None)];
        assert_eq!(arrange(&crowded, SHARE, 64)[0].at.1, 77);
    }

    #[test]
    fn marks_in_a_crowd_share_one_note_and_nothing_is_covered() {
        let near = (0..6).map(|place| ((66 + 11 * place, 40), Some(f64::from(3 + place))));
        let marks: Vec<_> = near.chain([((300, 90), Some(35.0))]).collect();
        let notes = arrange(&marks, SHARE, 64);
        assert_eq!(texts(&notes), ["3-8 %", "35 %"]);
        assert_eq!(covered(&notes), None);
        for note in &notes {
            assert!(note.at.0 - wide(&note.text) >= 64, "{note:?}");
            assert!(!marks.iter().any(|mark| note.hides(mark)), "{note:?}");
        }
    }
}
