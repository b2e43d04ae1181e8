//! Kind 20: what is printed for people fits the terminal.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use nix::pty::{Winsize, openpty};
use unicode_width::UnicodeWidthStr;

use crate::common::harness;

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../results");

/// What the command prints on a terminal of so many columns.
fn on_terminal(columns: u16, args: &[&str]) -> String {
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let ends = openpty(Some(&size), None).unwrap();
    let mut command = harness();
    command.args(args).stdout(ends.slave).env("NO_COLOR", "1");
    let mut child = command.spawn().unwrap();
    // The command holds the other end, and with it the terminal.
    drop(command);
    let (mut text, mut bytes) = (Vec::new(), [0; 4096]);
    let mut terminal = File::from(ends.master);
    // A terminal whose other end is closed ends in an error.
    while let Ok(length @ 1..) = terminal.read(&mut bytes) {
        text.extend_from_slice(&bytes[..length]);
    }
    assert!(child.wait().unwrap().success(), "{args:?}");
    String::from_utf8(text).unwrap().replace('\r', "")
}

#[test]
fn kind_20_every_table_fits_the_terminal() {
    let record = |name: &str| {
        let dir = Path::new(RESULTS).join(name);
        assert!(dir.is_dir(), "{}", dir.display());
        dir.to_str().unwrap().to_owned()
    };
    let [reference, tools, cases, sweep] = ["reference", "tools", "cases", "sweep"].map(record);
    for args in [
        &["list"][..],
        &["doctor"],
        &["compare", &reference, &tools],
        &["advise", &reference],
        &["report", &reference],
        &["report", &tools],
        &["report", &cases],
        &["report", &sweep],
    ] {
        for columns in [80, 132] {
            let text = on_terminal(columns, args);
            assert!(text.lines().count() > 5, "{args:?}: {text}");
            for line in text.lines() {
                let wide = line.trim_end().width();
                assert!(wide <= columns.into(), "{args:?}: {wide} columns: {line}");
            }
        }
    }
}

/// A script is no words for people: a line that is broken is another script.
#[test]
fn kind_20_a_script_is_not_broken_into_lines() {
    let script = harness().args(["completions", "bash"]).output().unwrap();
    let script = String::from_utf8(script.stdout).unwrap();
    assert_eq!(on_terminal(20, &["completions", "bash"]), script);
}
