//! Lines that fit a terminal: what is longer goes on below its own column, broken between words.

use textwrap::Options;
use textwrap::core::display_width;

/// Between columns there are at least so many blanks.
const GAP: &str = "  ";

/// How a terminal shows lines.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) colour: bool,
    /// In columns; `None` of one that does not say.
    pub(crate) width: Option<usize>,
}

impl Look {
    /// `text` as wide as the terminal is.
    pub(crate) fn fitted(self, text: &str) -> String {
        self.width
            .map_or_else(|| text.to_owned(), |width| fitted(text, width))
    }

    /// At most `most` columns.
    pub(crate) fn at_most(self, most: usize) -> usize {
        self.width.map_or(most, |width| width.min(most))
    }
}

/// `text` in lines of at most `width`, where words are no longer than that. Colours take no room.
pub fn fitted(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (words, end) = match line.strip_suffix('\n') {
            Some(words) => (words, "\n"),
            None => (line, ""),
        };
        match display_width(words) > width {
            true => out += &broken(words, width),
            false => out += words,
        }
        out += end;
    }
    out
}

fn broken(line: &str, width: usize) -> String {
    let indent = " ".repeat(column(line, width / 2));
    let start = line.len() - line.trim_start().len();
    // More of it would leave too little room for the words.
    let begin: String = line[..start].chars().take(width / 2).collect();
    let options = Options::new(width)
        .initial_indent(&begin)
        .subsequent_indent(&indent)
        .break_words(false);
    // What is not the last word of a line keeps its blanks.
    textwrap::fill(&line[start..], options)
}

/// Where the last column begins that begins before `most`; without columns a little to the right of the words.
fn column(line: &str, most: usize) -> usize {
    let start = line.len() - line.trim_start().len();
    let body = &line[start..];
    let gaps = body.match_indices(GAP).map(|(at, _)| {
        let rest = &body[at..];
        start + display_width(&body[..at]) + (rest.len() - rest.trim_start().len())
    });
    let columns = gaps.filter(|&at| at <= most);
    columns.max().unwrap_or_else(|| (start + 2).min(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_long_goes_on_in_its_column() {
        let text =
            "  name      one two three four five\nshort\n    meets: one two three four five\n";
        assert_eq!(
            fitted(text, 24),
            "  name      one two\n            three four\n            five\nshort\n    \
             meets: one two three\n      four five\n"
        );
        assert_eq!(fitted(text, 80), text);
    }

    #[test]
    fn blanks_at_the_begin_leave_room_for_the_words() {
        let far = format!("{:15}aaaaaa bbbb", "");
        let half = " ".repeat(10);
        assert_eq!(fitted(&far, 20), format!("{half}aaaaaa\n{half}bbbb"));
    }

    #[test]
    fn colours_take_no_room() {
        let text = "\u{1b}[1mone\u{1b}[0m two";
        assert_eq!(fitted(text, 7), text);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_lines_fit(words in prop::collection::vec("[a-z]{1,8}|  ", 0..30), width in 20_usize..90) {
            let text = words.join(" ");
            let fitted = fitted(&text, width);
            let all = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(all(&fitted), all(&text));
            for line in fitted.lines() {
                prop_assert!(display_width(line.trim_end()) <= width, "{:?}", line);
            }
        }
    }
}
