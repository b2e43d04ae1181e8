//! Where the words beside marks go. Pure: from marks in pixels to words in pixels.

/// How wide a letter is at most, in halves of a pixel, and how high a line is.
const LETTER: i32 = 15;
const HIGH: i32 = 16;
/// How far from its mark a word is: beside it, and beneath it.
const BESIDE: i32 = 10;
const BENEATH: i32 = 17;

/// How a figure is said, and what stands behind it.
pub(super) type Said = (fn(f64) -> String, &'static str);

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

/// A note for every mark, and one for all that are so near that theirs would cover each other.
/// Nothing is written left of `edge`.
pub(super) fn arrange(marks: &[((i32, i32), f64)], said: Said, edge: i32) -> Vec<Note> {
    let one = |&((x, y), figure): &((i32, i32), f64)| Group {
        across: (x, x),
        lowest: y,
        figures: (figure, figure),
    };
    let mut groups: Vec<Group> = marks.iter().map(one).collect();
    while let Some((first, second)) = covered(&groups, said, edge) {
        let other = groups.remove(second);
        groups[first] = groups[first].with(&other);
    }
    groups.iter().map(|one| one.note(said, edge)).collect()
}

/// Two whose notes cover each other.
fn covered(groups: &[Group], said: Said, edge: i32) -> Option<(usize, usize)> {
    let notes: Vec<Note> = groups.iter().map(|one| one.note(said, edge)).collect();
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

    /// Of a single mark beside it, of several beneath them, in the middle.
    fn note(&self, said: Said, edge: i32) -> Note {
        let text = range(self.figures, said);
        let wide = wide(&text);
        let beside = self.across.0 - BESIDE;
        let at = if self.across.0 == self.across.1 && beside - wide >= edge {
            (beside, self.lowest)
        } else {
            let middle = i32::midpoint(self.across.0, self.across.1) + wide / 2;
            (middle.max(edge + wide), self.lowest + BENEATH)
        };
        Note { text, at }
    }
}

impl Note {
    fn covers(&self, other: &Self) -> bool {
        let left = |note: &Self| note.at.0 - wide(&note.text);
        let across = left(self) < other.at.0 && left(other) < self.at.0;
        across && (self.at.1 - other.at.1).abs() < HIGH
    }
}

/// "35 %", or of several figures the least and the most: "0.02-0.05 %".
fn range((least, most): (f64, f64), (said, unit): Said) -> String {
    match [least, most].map(said) {
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

    const SHARE: Said = (|share| share.to_string(), " %");

    fn texts(notes: &[Note]) -> Vec<&str> {
        notes.iter().map(|note| &*note.text).collect()
    }

    #[test]
    fn marks_with_room_have_a_note_each_beside_them() {
        let marks = [((100, 50), 0.5), ((200, 60), 35.0)];
        let notes = arrange(&marks, SHARE, 64);
        assert_eq!(texts(&notes), ["0.5 %", "35 %"]);
        assert_eq!(notes[1].at, (190, 60));
        // Not over what is written at the edge.
        assert_eq!(arrange(&marks[..1], SHARE, 90)[0].at.1, 67);
    }

    #[test]
    fn marks_in_a_crowd_share_one_note_and_nothing_is_covered() {
        let near = (0..6).map(|place| ((66 + 11 * place, 40), 0.03 + f64::from(place) / 100.0));
        let mut marks: Vec<_> = near.collect();
        marks.push(((300, 90), 35.0));
        let notes = arrange(&marks, SHARE, 64);
        assert_eq!(texts(&notes), ["0.03-0.08 %", "35 %"]);
        for (place, note) in notes.iter().enumerate() {
            assert!(note.at.0 - wide(&note.text) >= 64, "{note:?}");
            assert!(notes[..place].iter().all(|other| !note.covers(other)));
        }
    }
}
