//! A plot in pixels, for what cannot show SVG. The letters come with the program: it draws the same on
//! a machine without a font.

use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::style::failed;

/// Pixels for one of the plot: sharp on paper and on dense screens.
const SCALE: f32 = 2.0;

/// Condensed, because plots leave as much room as the usual sans-serif takes.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    for font in [
        dejavu::sans_condensed::regular(),
        dejavu::sans_condensed::bold(),
    ] {
        fonts.load_font_data(font.to_vec());
    }
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The plot `svg` as PNG.
pub(crate) fn png(svg: &str) -> Result<Vec<u8>> {
    let options = Options {
        fontdb: FONTS.clone(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(failed)?;
    let size = tree.size().to_int_size();
    let size = size.scale_by(SCALE).context("a plot without a size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).context("a plot without a size")?;
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixels.as_mut(),
    );
    pixels.encode_png().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of words on white that are not white.
    fn inked(weight: &str) -> usize {
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='20'>\
             <rect width='90' height='20' fill='white'/>\
             <text x='4' y='15' font-family='sans-serif' font-size='12.5' font-weight='{weight}'>netlink</text></svg>"
        );
        let pixels = Pixmap::decode_png(&png(&svg).unwrap()).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (180, 40));
        let dark = |one: &&resvg::tiny_skia::PremultipliedColorU8| one.red() < 128;
        pixels.pixels().iter().filter(dark).count()
    }

    #[test]
    fn words_are_drawn_thin_and_bold() {
        let (thin, bold) = (inked("normal"), inked("bold"));
        assert!(thin > 200 && bold > thin + thin / 5, "{thin} {bold}");
    }
}
