//! `harness selftest`, as users run it: over real and made-up ledgers, every figure of every
//! planted case as it was planted.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use common::said;

#[test]
fn every_planted_case_is_reported_exactly() {
    let (code, stdout, stderr) = said(&["selftest", "--seed", "20"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let words: Vec<&str> = stdout.split_whitespace().collect();
    assert_eq!(words[0], words[2], "{stdout}");
    assert!(words[0].parse::<u32>().unwrap() >= 200, "{stdout}");
    assert!(stdout.contains("left by real runs"), "{stdout}");
    // What is found out about commands from outside needs root; without accounting it says so.
    let commands = "4 of 4 workloads run as commands: the truth from outside is that of the ledger";
    let left_out = stderr.contains("as a command is left out: none: ");
    assert_ne!(stdout.contains(commands), left_out, "{stdout}{stderr}");
    assert!(common::is_root() || left_out, "{stderr}");
}
