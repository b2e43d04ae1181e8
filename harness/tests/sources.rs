//! The hash of the deciding sources is computed twice, by harness/build.rs for records and by
//! scripts/sources.py for `scripts/records --stale`: both must give the same.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::process::Command;

#[test]
fn the_build_and_the_scripts_hash_the_same_sources() {
    let (code, text, errors) = common::said(&["--version"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    let named = text.lines().find_map(|line| line.strip_prefix("sources "));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/sources.py");
    let out = Command::new("python3").arg(script).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    let hash = String::from_utf8(out.stdout).unwrap();
    assert_eq!(named, Some(hash.trim_end()), "{text}");
    let short = common::said(&["-V"]).1;
    assert_eq!(short, format!("harness {}\n", env!("CARGO_PKG_VERSION")));
}
