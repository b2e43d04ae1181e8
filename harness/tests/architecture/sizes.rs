//! No source file has more than 400 lines, no function more than 60; and the middle ones stay as short as they
//! were before the crates had walls (94 and 9).

use crate::files::{self, Language};
use crate::functions;

const MOST_LINES: usize = 400;
const MOST_OF_A_FUNCTION: usize = 60;
const MEDIAN_LINES: usize = 94;
const MEDIAN_OF_FUNCTIONS: usize = 9;

fn median(mut sizes: Vec<usize>) -> usize {
    sizes.sort_unstable();
    sizes[sizes.len() / 2]
}

#[test]
fn no_source_file_is_too_long() {
    let files = files::all();
    let sources = files.iter().filter(|file| file.language().is_some());
    let lines = |file: &files::File| file.text.as_ref().map_or(0, |text| text.lines().count());
    let sizes = sources.map(|file| (file.path.as_str(), lines(file)));
    let sizes: Vec<_> = sizes.collect();
    let long: Vec<_> = sizes.iter().filter(|one| one.1 > MOST_LINES).collect();
    assert!(long.is_empty(), "over {MOST_LINES} lines: {long:#?}");
    let median = median(sizes.iter().map(|one| one.1).collect());
    assert!(
        median <= MEDIAN_LINES,
        "half of the files have over {median} lines"
    );
}

#[test]
fn no_function_is_too_long() {
    let files = files::all();
    let mut long = Vec::new();
    let mut sizes = Vec::new();
    for file in &files {
        let (Some(text), Some(language)) = (&file.text, file.language()) else {
            continue;
        };
        let functions = match language {
            Language::Python => functions::python(&file.path),
            Language::Shell => Vec::new(),
            other => functions::braced(text, other),
        };
        sizes.extend(functions.iter().map(|one| one.lines));
        let too_long = functions
            .into_iter()
            .filter(|one| one.lines > MOST_OF_A_FUNCTION);
        long.extend(too_long.map(|one| format!("{}: {one:?}", file.path)));
    }
    assert!(sizes.len() > 2000, "{} functions were found", sizes.len());
    let median = median(sizes);
    assert!(
        median <= MEDIAN_OF_FUNCTIONS,
        "half of the functions have over {median} lines"
    );
    assert!(
        long.is_empty(),
        "over {MOST_OF_A_FUNCTION} lines: {long:#?}"
    );
}
