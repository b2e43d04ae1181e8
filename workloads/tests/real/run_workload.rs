//! `run-workload CELL LIMIT_MS STAMPING`: runs what the folder CELL was prepared for, in a process of
//! its own, as `harness workload` does. The tests of this crate start it.
#![allow(clippy::print_stderr, reason = "errors go to stderr")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use workloads::Run;

/// User and group of the programs when this runs as root.
const NOBODY: (u32, u32) = (65534, 65534);

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let [cell, limit_ms, stamping] = words.as_slice() else {
        eprintln!("usage: run-workload CELL LIMIT_MS STAMPING");
        return ExitCode::from(2);
    };
    let run = Run {
        cell: Path::new(cell),
        env: &[],
        user: nix::unistd::geteuid().is_root().then_some(NOBODY),
        limit: Duration::from_millis(limit_ms.parse().unwrap_or(0)),
        stamping: stamping == "true",
    };
    match workloads::run(&run) {
        Ok(_) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
