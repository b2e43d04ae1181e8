//! What all plots are drawn on: a sheet, its panels two in a row, their titles and meshes.

use anyhow::Result;
use contract::plain;
use minijinja::HtmlEscape;
use plotters::chart::MeshStyle;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::style::{self, FAINT, INK, SOFT, Sheet, failed};

/// The SVG of what `draw` draws on a white sheet of so many pixels.
pub(super) fn svg(size: (u32, u32), draw: impl FnOnce(&Sheet<'_>) -> Result<()>) -> Result<String> {
    drawn(size, |sheet| {
        sheet.fill(&WHITE).map_err(failed)?;
        draw(sheet)
    })
}

/// What `draw` draws of one configuration, as a group that a page can find by its name.
pub(super) fn group(
    size: (u32, u32),
    configuration: &str,
    draw: impl FnOnce(&Sheet<'_>) -> Result<()>,
) -> Result<String> {
    let name = HtmlEscape(&plain(configuration)).to_string();
    let inside = layer(size, draw)?;
    Ok(format!("<g data-configuration=\"{name}\">\n{inside}</g>\n"))
}

/// What `draw` draws, without the document round it.
pub(super) fn layer(
    size: (u32, u32),
    draw: impl FnOnce(&Sheet<'_>) -> Result<()>,
) -> Result<String> {
    let whole = drawn(size, draw)?;
    let (_, inside) = whole.split_once('\n').unwrap_or_default();
    Ok(inside.trim_end().trim_end_matches(END).to_owned())
}

/// The SVG `whole` with `groups` on top of it.
pub(super) fn on_top(whole: &str, groups: &str) -> String {
    format!("{}{groups}{END}\n", whole.trim_end().trim_end_matches(END))
}

/// How an SVG ends.
const END: &str = "</svg>";

fn drawn(size: (u32, u32), draw: impl FnOnce(&Sheet<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let sheet = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&sheet)?;
        sheet.present().map_err(failed)?;
    }
    Ok(svg)
}

/// Draws each of `all` into its part of what is below `top`, two in a row.
pub(super) fn in_pairs<T>(
    sheet: &Sheet<'_>,
    top: u32,
    all: &[T],
    draw: impl Fn(&Sheet<'_>, &T) -> Result<()>,
) -> Result<()> {
    let (_, below) = sheet.split_vertically(top);
    let areas = below.split_evenly((all.len().div_ceil(2), 2));
    areas
        .iter()
        .zip(all)
        .try_for_each(|(area, one)| draw(area, one))
}

/// The title of a panel, no longer than so many letters, from `left` on.
pub(super) fn title(area: &Sheet<'_>, words: &str, most: usize, left: i32) -> Result<()> {
    let words = style::short(words, most);
    style::write(
        area,
        &words,
        (left, 12),
        &style::text(INK, true, HPos::Left),
    )
}

/// The looks of a mesh: faint lines at the labels and none between.
pub(super) fn mesh<'m, 'a, 'b, X, Y, XT, YT, DB>(
    mesh: &'m mut MeshStyle<'a, 'b, X, Y, DB>,
) -> &'m mut MeshStyle<'a, 'b, X, Y, DB>
where
    X: Ranged<ValueType = XT> + ValueFormatter<XT>,
    Y: Ranged<ValueType = YT> + ValueFormatter<YT>,
    DB: DrawingBackend,
{
    mesh.label_style(style::text(SOFT, false, HPos::Center))
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .axis_style(SOFT)
}
