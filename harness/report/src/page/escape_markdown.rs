//! Escaping for Markdown.

use contract::plain;

/// Nothing in a record becomes markup, a link, a mention or a new row of a table.
pub(super) fn escape(text: &str) -> String {
    let text = plain(text);
    let mut out = String::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside =
            before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '@' => out += "&#64;",
            // A bare address would become a link.
            ':' if rest.peek() == Some(&'/') => out += "&#58;",
            '.' if inside && out.ends_with("www") => out += "&#46;",
            '_' if inside => out.push(c),
            '|' | '`' | '*' | '[' | ']' | '!' | '\\' | '_' | '~' | '#' | '$' => {
                out.extend(['\\', c]);
            }
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// A code span of Markdown that `text` cannot end. A bar would end the cell of a table, even there.
pub(super) fn code(text: &str) -> String {
    let text = plain(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{gap}{text}{gap}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "a|b\n# x <script>`y` [l](u) ~~z~~ _e_ @who https://u www.u.v $m$ \u{1b}[2J";
        let safe = escape(hostile);
        for part in ["\n", "<script", "\u{1b}", "@", "://", "www.u"] {
            assert!(!safe.contains(part), "{part:?} in {safe}");
        }
        for mark in ['|', '#', '`', '[', ']', '~', '_', '$'] {
            let bare = safe.replace("&#", "").replace(&format!("\\{mark}"), "");
            assert!(!bare.contains(mark), "{mark} in {safe}");
        }
        assert_eq!(escape("LD_PRELOAD, a/b_c"), "LD_PRELOAD, a/b_c");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("harness run"), "`harness run`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("-m 'a|b'"), "`-m 'a\\|b'`");
    }
}
