//! The report as Markdown and as one self-contained page of HTML: the same content twice. What is
//! put into a page is escaped where it is put in, so a template cannot forget it.

use std::fmt;

use anyhow::{Context, Result};
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, HtmlEscape, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

use contract::plain;

const MARKDOWN: &str = "markdown";

/// `README.md`.
pub(super) fn markdown(view: &impl Serialize) -> Result<String> {
    render("report.md", view)
}

/// `report.html`.
pub(super) fn html(view: &impl Serialize) -> Result<String> {
    render("report.html", view)
}

/// A record on one screen.
pub(super) fn brief(view: &impl Serialize) -> Result<String> {
    render("overview.md", view)
}

/// The kernel matrix of several records, as Markdown.
pub(super) fn kernels(view: &impl Serialize) -> Result<String> {
    render("kernels.md", view)
}

/// The page of two records compared.
pub(super) fn compared(view: &impl Serialize) -> Result<String> {
    render("compare.html", view)
}

const TEMPLATES: &[(&str, &str)] = &[
    ("kernels.md", include_str!("templates/kernels.md.jinja")),
    ("sweep.md", include_str!("templates/sweep.md.jinja")),
    ("sweep.html", include_str!("templates/sweep.html.jinja")),
    ("overview.md", include_str!("templates/overview.md.jinja")),
    (
        "at_a_glance.md",
        include_str!("templates/at_a_glance.md.jinja"),
    ),
    (
        "at_a_glance.html",
        include_str!("templates/at_a_glance.html.jinja"),
    ),
    ("plot.html", include_str!("templates/plot.html.jinja")),
    ("cases.md", include_str!("templates/cases.md.jinja")),
    ("cases.html", include_str!("templates/cases.html.jinja")),
    ("report.md", include_str!("templates/report.md.jinja")),
    ("record.md", include_str!("templates/record.md.jinja")),
    ("report.html", include_str!("templates/report.html.jinja")),
    ("record.html", include_str!("templates/record.html.jinja")),
    ("compare.html", include_str!("templates/compare.html.jinja")),
    ("kernels.html", include_str!("templates/kernels.html.jinja")),
    ("links.html", include_str!("templates/links.html.jinja")),
    ("needs.html", include_str!("templates/needs.html.jinja")),
    ("matrix.html", include_str!("templates/matrix.html.jinja")),
    ("plots.html", include_str!("templates/plots.html.jinja")),
    ("rows.html", include_str!("templates/rows.html.jinja")),
    ("how.html", include_str!("templates/how.html.jinja")),
];
const STYLE: &str = include_str!("templates/style.css");

fn render(name: &str, view: &impl Serialize) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| match name.ends_with(".md") {
        true => AutoEscape::Custom(MARKDOWN),
        false => AutoEscape::Html,
    });
    // A name that a template has wrong is an error, not an empty cell.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_formatter(put);
    environment.add_filter("code", |text: &str| Value::from_safe_string(code(text)));
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    for (name, template) in TEMPLATES.iter().copied().chain([("style.css", STYLE)]) {
        environment
            .add_template(name, template)
            .with_context(|| format!("template {name}"))?;
    }
    let page = environment.get_template(name)?;
    Ok(page.render(view)?)
}

/// Writes a value into a page.
fn put(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let text = value.to_string();
    let written = match (value.kind(), state.auto_escape()) {
        (ValueKind::None | ValueKind::Undefined, _) => Ok(()),
        _ if value.is_safe() => write(out, &text),
        (_, AutoEscape::Custom(MARKDOWN)) => write(out, &escape_markdown(&text)),
        _ => write(out, &HtmlEscape(&plain(&text)).to_string()),
    };
    written.map_err(minijinja::Error::from)
}

fn write(out: &mut Output<'_>, text: &str) -> fmt::Result {
    fmt::Write::write_str(out, text)
}

/// Nothing in a record becomes markup, a link, a mention or a new row of a table.
fn escape_markdown(text: &str) -> String {
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
fn code(text: &str) -> String {
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
        let safe = escape_markdown(hostile);
        for part in ["\n", "<script", "\u{1b}", "@", "://", "www.u"] {
            assert!(!safe.contains(part), "{part:?} in {safe}");
        }
        for mark in ['|', '#', '`', '[', ']', '~', '_', '$'] {
            let bare = safe.replace("&#", "").replace(&format!("\\{mark}"), "");
            assert!(!bare.contains(mark), "{mark} in {safe}");
        }
        assert_eq!(escape_markdown("LD_PRELOAD, a/b_c"), "LD_PRELOAD, a/b_c");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("harness run"), "`harness run`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("-m 'a|b'"), "`-m 'a\\|b'`");
    }
}
