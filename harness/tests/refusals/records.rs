//! Kind 20: what a shell's pattern brings along is passed over.

use std::path::{Path, PathBuf};

use crate::common::harness;
use crate::{ended, one_line};

/// All that `results/kernels/*` means.
fn kernels() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/kernels");
    let entries = std::fs::read_dir(dir).unwrap();
    let mut all: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn kind_20_advise_passes_over_what_is_no_record() {
    let all = kernels();
    assert!(all.iter().any(|path| path.is_file()), "{all:?}");
    let (code, stdout, stderr) = ended(harness().arg("advise").args(&all));
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("from "), "{stdout}");
    assert!(
        stderr.contains("README.md: no record, passed over"),
        "{stderr}"
    );
    let files = all.iter().filter(|path| path.is_file());
    let said = ended(harness().arg("advise").args(files));
    assert!(
        said.2
            .lines()
            .last()
            .unwrap()
            .contains("none of these is a record"),
        "{said:?}"
    );
    assert_eq!(said.0, 2);
}

/// A single one is a mistake.
#[test]
fn kind_20_one_folder_that_is_no_record_is_refused() {
    one_line(
        &ended(harness().args(["advise", "/nonexistent"])),
        2,
        &["/nonexistent"],
    );
}
