//! No source file has more than 400 lines, no function more than 60.

use crate::files::{self, Language};
use crate::functions;

const MOST_LINES: usize = 400;
const MOST_OF_A_FUNCTION: usize = 60;

#[test]
fn no_source_file_is_too_long() {
    let files = files::all();
    let sources = files.iter().filter(|file| file.language().is_some());
    let lines = |file: &files::File| file.text.as_ref().map_or(0, |text| text.lines().count());
    let sizes = sources.map(|file| (file.path.as_str(), lines(file)));
    let long: Vec<_> = sizes.filter(|(_, lines)| *lines > MOST_LINES).collect();
    assert!(long.is_empty(), "over {MOST_LINES} lines: {long:#?}");
}

#[test]
fn no_function_is_too_long() {
    let files = files::all();
    let mut long = Vec::new();
    let mut count = 0;
    for file in &files {
        let (Some(text), Some(language)) = (&file.text, file.language()) else {
            continue;
        };
        let functions = match language {
            Language::Python => functions::python(&file.path),
            Language::Shell => Vec::new(),
            other => functions::braced(text, other),
        };
        count += functions.len();
        let too_long = functions
            .into_iter()
            .filter(|one| one.lines > MOST_OF_A_FUNCTION);
        long.extend(too_long.map(|one| format!("{}: {one:?}", file.path)));
    }
    assert!(count > 2000, "only {count} functions were found");
    assert!(
        long.is_empty(),
        "over {MOST_OF_A_FUNCTION} lines: {long:#?}"
    );
}
