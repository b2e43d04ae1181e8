//! docs/TUTORIAL.md, as a new user follows it: every command is run, in order, in one folder, and what
//! it prints has to be what the page says. A block of TOML with a file name is put into that file. Numbers and their units may differ, words may not; a
//! line of three dots stands for any lines.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::scratch;

/// A command of the page.
struct Step {
    command: String,
    code: i32,
    lines: Vec<String>,
}

/// The commands of all `console` blocks. `? N` below a command is its exit code.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            let command = command.to_owned();
            steps.push(Step {
                command,
                code: 0,
                lines: Vec::new(),
            });
        } else if let Some(step) = steps.last_mut().filter(|_| inside) {
            match line.strip_prefix("? ") {
                Some(code) => step.code = code.parse().unwrap(),
                None => step.lines.push(line.to_owned()),
            }
        }
    }
    steps
}

/// The files of all blocks of TOML that name one.
fn files(page: &str) -> Vec<(&str, String)> {
    let blocks = page.split("```toml ").skip(1);
    let parts = blocks.map(|block| {
        let (name, rest) = block.split_once('\n').unwrap();
        (name, rest.split("```").next().unwrap().to_owned())
    });
    parts.collect()
}

/// What must be equal of a line: its words. What holds a digit is a figure, and figures come with
/// marks of noise and units of their own.
fn words(line: &str) -> Vec<&str> {
    let word = |word: &&str| {
        !word.contains(|c: char| c.is_ascii_digit()) && !["us", "ms", "-"].contains(word)
    };
    line.split_whitespace().filter(word).collect()
}

/// The line without what it says of a machine that had too little CPU time, if anything is left.
fn calm(line: &str) -> Option<&str> {
    let stolen = "lost much CPU time to other guests or to a quota";
    match line.strip_suffix(stolen) {
        Some(rest) => rest.rsplit_once("; ").map(|(before, _)| before),
        None => Some(line),
    }
}

/// Whether `said` is what is `wanted`.
fn matches(wanted: &[String], said: &[&str]) -> bool {
    match wanted.split_first() {
        None => said.iter().all(|line| line.is_empty()),
        Some((dots, rest)) if dots == "..." => {
            (0..=said.len()).any(|skip| matches(rest, &said[skip..]))
        }
        Some((line, rest)) => said
            .split_first()
            .is_some_and(|(first, others)| words(line) == words(first) && matches(rest, others)),
    }
}

#[test]
fn every_command_does_what_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/TUTORIAL.md");
    let page = fs::read_to_string(page).unwrap();
    let steps = steps(&page);
    assert!(steps.len() > 7, "{} commands", steps.len());
    let binary = Path::new(env!("CARGO_BIN_EXE_harness")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let dir = scratch();
    let files = files(&page);
    assert_eq!(files.len(), 1);
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for step in steps {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &step.command])
            .current_dir(dir.path())
            .env("PATH", &path);
        let out = shell.output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let errors = String::from_utf8(out.stderr).unwrap();
        // What a command that failed has measured is data too; misuse has none.
        let said = if step.code == 2 { &errors } else { &text };
        let said: Vec<_> = said.lines().filter_map(calm).collect();
        let both = format!("$ {}\n{text}{errors}", step.command);
        assert_eq!(out.status.code(), Some(step.code), "{both}");
        assert!(
            matches(&step.lines, &said),
            "wanted:\n{}\nfound: {both}",
            step.lines.join("\n")
        );
    }
}

#[test]
fn a_busy_machine_may_say_so() {
    let stolen = "2 cells lost much CPU time to other guests or to a quota";
    assert_eq!(calm(&format!("! a: {stolen}")), None);
    assert_eq!(
        calm(&format!("! a: 3 missed; {stolen}")),
        Some("! a: 3 missed")
    );
    assert_eq!(calm("! a: 3 missed"), Some("! a: 3 missed"));
}

#[test]
fn words_count_and_figures_do_not() {
    let wanted = ["a 1 us b", "...", "end"].map(String::from);
    assert!(matches(&wanted, &["a ~22 b", "x", "y", "end"]));
    assert!(matches(&wanted, &["a b", "end"]));
    assert!(!matches(&wanted, &["a c", "end"]) && !matches(&wanted, &["a b", "end", "more"]));
}
