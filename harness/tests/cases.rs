//! The cases, each once under every monitor that can run here: what is seen is what the definitions
//! say, no more and no less.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use common::{measured_as_nobody, said, scratch, summary};
use serde_json::Value;

const ARGS: [&str; 4] = ["-w", "case/.*", "--reps", "1"];
const REPEAT: &str = "repeat with: harness run -w 'case/.*' --reps 1";

/// Runs them all; a case may lack something on this machine, and then says so.
fn run(dir: &std::path::Path) -> (Value, String) {
    let out = dir.join("record");
    let mut args = vec!["run", "--out", out.to_str().unwrap()];
    args.extend(ARGS);
    let (code, stdout, stderr) = said(&args);
    assert_eq!(code, 0, "{REPEAT}\n{stderr}");
    (summary(&out), stdout)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn found(case: &Value, outcome: &str) -> bool {
    let findings = case["findings"].as_array().unwrap();
    findings.iter().any(|finding| finding["outcome"] == outcome)
}

#[test]
#[ignore = "needs root"]
fn what_is_seen_is_what_the_definitions_say() {
    let dir = scratch();
    let (summary, stdout) = run(dir.path());
    let definitions = workloads::definitions().unwrap();
    let mut judged = 0;
    for case in summary["cases"].as_array().unwrap() {
        let name = text(case, "workload");
        assert!(stdout.contains(name), "{name} is no row\n{stdout}");
        let what = format!("{REPEAT}\n{case:#}");
        if case["status"] == "unavailable" {
            assert!(text(case, "error").contains("needs "), "{what}");
            println!(
                "skipped: {name} under {}: {}",
                text(case, "configuration"),
                text(case, "error")
            );
            continue;
        }
        judged += 1;
        assert_eq!(case["status"], "ok", "{what}");
        let definition = definitions.iter().find(|one| one.name == name).unwrap();
        let monitor = text(case, "configuration");
        let blind = definition.blind.iter().any(|blind| blind == monitor);
        assert_eq!(found(case, "not seen"), blind, "{what}");
        assert!(!found(case, "seen twice"), "{what}");
        let wrong = found(case, "seen wrongly");
        assert_eq!(
            wrong,
            (name, monitor) == ("case/start-chroot", "audit"),
            "{what}"
        );
    }
    assert!(judged >= 45 * 4 || monitors_missing(), "{judged} judged");
}

/// Whether a machine has fewer monitors than the four that these are written for.
fn monitors_missing() -> bool {
    let able = |name: &&'static str| {
        let monitor = monitors::find(name).unwrap();
        let options = contract::Options::new(name, monitor.options(), []).unwrap();
        monitor.missing(&options).is_empty()
    };
    ["preload", "netlink", "audit", "ebpf"]
        .into_iter()
        .filter(able)
        .count()
        < 4
}

#[test]
#[ignore = "needs root"]
fn without_root_what_can_run_runs_and_the_rest_are_rows() {
    let dir = scratch();
    let cases = "case/(hide-static|hide-set-user-id|end-out-of-memory|start-chroot)";
    let (summary, stdout) = measured_as_nobody(dir.path(), &["-w", cases]);
    let of = |name: &str| {
        let all = summary["cases"].as_array().unwrap();
        let mut all = all.iter().filter(|one| one["configuration"] == "preload");
        all.find(|one| one["workload"] == name).unwrap().clone()
    };
    assert_eq!(of("case/hide-static")["outcome"], "not seen");
    for name in ["case/hide-set-user-id", "case/end-out-of-memory"] {
        assert_eq!(of(name)["status"], "unavailable", "{:#}", of(name));
        assert!(text(&of(name), "error").contains("root"), "{:#}", of(name));
    }
    let ebpf = summary["cases"].as_array().unwrap().iter();
    let ebpf: Vec<_> = ebpf.filter(|one| one["configuration"] == "ebpf").collect();
    assert_eq!(ebpf.len(), 4, "a gap instead of a row");
    assert!(ebpf.iter().all(|one| one["status"] == "unavailable"));
    assert!(
        stdout.contains("case/hide-set-user-id cannot run here"),
        "{stdout}"
    );
}

/// Words that try to be something else where they are shown.
const NASTY: [&str; 6] = [
    "a\nworkload,monitor,repetition\r\n{\"kind\":\"exec\"}",
    "a\"b'c`d\\\\e,f|g;h $(i) &j;",
    "a\tb\t\tc ",
    "a\u{1b}[2J\u{1b}[31mb\u{1b}]0;c\u{7}\r\u{8}",
    "a\u{202e}b\u{fffd}\u{2028}c",
    "a\" a2=\"b\ntype=EXECVE<script>alert(1)</script>[x](y)|-->",
];

#[test]
fn nasty_words_forge_nothing_in_a_matrix_of_cases() {
    let dir = scratch();
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records/hostile");
    let read = |file: &str| -> Value {
        serde_json::from_slice(&std::fs::read(from.join(file)).unwrap()).unwrap()
    };
    let mut summary = read("summary.json");
    let mut cases = Vec::new();
    let mut workloads = Vec::new();
    for word in NASTY {
        let analysis = format!("It has {word} in it. And more.");
        workloads.push(serde_json::json!({
            "name": word, "model": "case", "analysis": analysis, "expected": [1, 1, 1],
        }));
        for monitor in summary["record"]["monitors"].as_array().unwrap() {
            cases.push(serde_json::json!({
                "workload": word, "configuration": monitor["name"], "repetitions": 3,
                "outcome": "seen wrongly", "same": false, "status": "failed", "error": word,
                "findings": [{"outcome": "seen wrongly", "what": word}],
            }));
        }
    }
    summary["record"]["workloads"] = workloads.into();
    summary["cases"] = cases.into();
    let path = |file: &str| dir.path().join(file);
    std::fs::write(path("summary.json"), summary.to_string()).unwrap();
    std::fs::write(path("record.json"), summary["record"].to_string()).unwrap();
    let (code, stdout, stderr) = said(&["report", dir.path().to_str().unwrap()]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let unseen = |text: &str| {
        text.chars()
            .any(|c| c != '\n' && (c.is_control() || c == '\u{202e}' || c == '\u{2028}'))
    };
    assert!(!unseen(&stdout), "{stdout}");
    let markdown = std::fs::read_to_string(path("README.md")).unwrap();
    assert!(!unseen(&markdown), "{markdown}");
    // One line for each, and in it one bar for each column and end.
    let table = markdown.split("## Cases").nth(1).unwrap();
    assert!(!table.contains("<script"), "{table}");
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + NASTY.len(), "{table}");
    let bars = |line: &str| {
        line.replace("\\\\", "")
            .replace("\\|", "")
            .matches('|')
            .count()
    };
    assert!(rows.iter().all(|row| bars(row) == bars(rows[0])), "{table}");
    let html = std::fs::read_to_string(path("report.html")).unwrap();
    assert!(!unseen(&html) && !html.contains("<script>alert"), "{html}");
}
