//! The report as Markdown and as one self-contained page of HTML: the same content twice. What is
//! put into a page is escaped where it is put in, so a template cannot forget it.

mod escape_markdown;

use std::fmt;

use anyhow::{Context, Result};
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, HtmlEscape, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

use contract::plain;

use crate::compare::Differences;
use crate::trend::{Lines, Trend};

const MARKDOWN: &str = "markdown";

/// `README.md`.
pub(crate) fn markdown(view: &impl Serialize) -> Result<String> {
    render("report.md", view)
}

/// `report.html`.
pub(crate) fn html(view: &impl Serialize) -> Result<String> {
    render("report.html", view)
}

/// A record on one screen.
pub(crate) fn brief(view: &impl Serialize) -> Result<String> {
    render("brief.md", view)
}

/// The kernel matrix of several records, as Markdown.
pub(crate) fn kernels(view: &impl Serialize) -> Result<String> {
    render("kernels.md", view)
}

/// How large buffers must be, as Markdown.
pub(crate) fn buffers(view: &impl Serialize) -> Result<String> {
    render("buffers.md", &minijinja::context! { table => view })
}

/// The folklore, claim by claim; in brief, with the verdicts alone.
pub(crate) fn claims(view: &impl Serialize, brief: bool) -> Result<String> {
    render(
        if brief {
            "claims-brief.md"
        } else {
            "claims.md"
        },
        view,
    )
}

/// The differences between two records as a page.
pub fn compared(found: &Differences) -> Result<String> {
    render("compare.html", found)
}

/// Figures over records of one machine as a page.
pub fn followed(found: &Trend) -> Result<String> {
    render("trend.html", &Lines::of(found))
}

const TEMPLATES: &[(&str, &str)] = &[
    ("claims.md", include_str!("templates/claims.md.jinja")),
    (
        "claims-brief.md",
        include_str!("templates/claims-brief.md.jinja"),
    ),
    ("buffers.md", include_str!("templates/buffers.md.jinja")),
    ("kernels.md", include_str!("templates/kernels.md.jinja")),
    ("costs.md", include_str!("templates/costs.md.jinja")),
    ("costs.html", include_str!("templates/costs.html.jinja")),
    ("tamper.md", include_str!("templates/tamper.md.jinja")),
    ("tamper.html", include_str!("templates/tamper.html.jinja")),
    ("blind.md", include_str!("templates/blind.md.jinja")),
    ("blind.html", include_str!("templates/blind.html.jinja")),
    ("lineage.md", include_str!("templates/lineage.md.jinja")),
    ("told.md", include_str!("templates/told.md.jinja")),
    ("told.html", include_str!("templates/told.html.jinja")),
    ("lineage.html", include_str!("templates/lineage.html.jinja")),
    ("sweep.md", include_str!("templates/sweep.md.jinja")),
    ("sweep.html", include_str!("templates/sweep.html.jinja")),
    ("commands.md", include_str!("templates/commands.md.jinja")),
    (
        "commands.html",
        include_str!("templates/commands.html.jinja"),
    ),
    ("brief.md", include_str!("templates/brief.md.jinja")),
    ("verdict.md", include_str!("templates/verdict.md.jinja")),
    ("verdict.html", include_str!("templates/verdict.html.jinja")),
    ("overview.md", include_str!("templates/overview.md.jinja")),
    (
        "overview.html",
        include_str!("templates/overview.html.jinja"),
    ),
    ("plot.html", include_str!("templates/plot.html.jinja")),
    ("figure.html", include_str!("templates/figure.html.jinja")),
    (
        "headline.html",
        include_str!("templates/headline.html.jinja"),
    ),
    ("cases.md", include_str!("templates/cases.md.jinja")),
    ("cases.html", include_str!("templates/cases.html.jinja")),
    ("report.md", include_str!("templates/report.md.jinja")),
    ("record.md", include_str!("templates/record.md.jinja")),
    ("report.html", include_str!("templates/report.html.jinja")),
    ("record.html", include_str!("templates/record.html.jinja")),
    ("compare.html", include_str!("templates/compare.html.jinja")),
    ("trend.html", include_str!("templates/trend.html.jinja")),
    ("kernels.html", include_str!("templates/kernels.html.jinja")),
    ("links.html", include_str!("templates/links.html.jinja")),
    ("needs.html", include_str!("templates/needs.html.jinja")),
    ("matrix.html", include_str!("templates/matrix.html.jinja")),
    ("plots.html", include_str!("templates/plots.html.jinja")),
    ("rows.html", include_str!("templates/rows.html.jinja")),
    ("cells.html", include_str!("templates/cells.html.jinja")),
    ("reading.html", include_str!("templates/reading.html.jinja")),
    ("how.html", include_str!("templates/how.html.jinja")),
];
/// Neither is a template: they have no values of their own.
const STYLE: &str = include_str!("templates/style.css");
const SCRIPT: &str = include_str!("templates/ask.js");

fn render(name: &str, view: &impl Serialize) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| match name.ends_with(".md") {
        true => AutoEscape::Custom(MARKDOWN),
        false => AutoEscape::Html,
    });
    // A name that a template has wrong is an error, not an empty cell.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_formatter(put);
    environment.add_filter("code", |text: &str| {
        Value::from_safe_string(escape_markdown::code(text))
    });
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    for (name, template) in TEMPLATES
        .iter()
        .copied()
        .chain([("style.css", STYLE), ("ask.js", SCRIPT)])
    {
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
        (_, AutoEscape::Custom(MARKDOWN)) => write(out, &escape_markdown::escape(&text)),
        _ => write(out, &HtmlEscape(&plain(&text)).to_string()),
    };
    written.map_err(minijinja::Error::from)
}

fn write(out: &mut Output<'_>, text: &str) -> fmt::Result {
    fmt::Write::write_str(out, text)
}
