//! Names come from programs that may be hostile: nothing in them may move a cursor, forge a line
//! or change the direction of reading.

/// Whether `character` shows as itself: it is no control character, no end of a line or a
/// paragraph, does not turn the direction of writing, and XML can hold it.
pub fn shown(character: char) -> bool {
    let unseen = matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !character.is_control() && !unseen && u32::from(character) & 0xfffe != 0xfffe
}

/// `text` with everything escaped that is not shown as itself: control characters, line and
/// paragraph separators, marks that turn the direction of writing, and what XML cannot hold.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if shown(character) {
            out.push(character);
        } else {
            out.extend(character.escape_default());
        }
    }
    out
}

/// The same for every line of `text`, the ends of lines left as they are.
pub fn plain_lines(text: &str) -> String {
    let lines = text.split('\n').map(plain);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_shows_as_itself_is_left() {
        assert_eq!(
            plain("a\u{1b}[2J\n\u{202e}b\u{ffff}"),
            "a\\u{1b}[2J\\n\\u{202e}b\\u{ffff}"
        );
        assert_eq!(plain("grüße, 世界"), "grüße, 世界");
    }
}
