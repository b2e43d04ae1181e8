//! The cases, each once under every monitor of the default comparison: what each reports is what the
//! definitions say, no more and no less.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skipped"
)]

mod common;

use common::{can_run, measured_as_nobody, said, scratch, summary};
use serde_json::Value;

/// The monitors whose outcomes are known: those of the default comparison, kernel modules apart.
const MONITORS: [&str; 4] = ["preload", "netlink", "audit", "ebpf"];

/// Cases and monitors with the outcome "seen without detail", beside what `blind` of the definition
/// says. The analysis of each gives the reason.
const WITHOUT_DETAIL: [(&str, &str); 7] = [
    ("case/end-abort", "audit"),
    ("case/end-fault", "audit"),
    ("case/hide-argv-long", "ebpf"),
    ("case/hide-argv-long", "preload"),
    ("case/hide-argv-many", "ebpf"),
    ("case/hide-argv-many", "preload"),
    ("case/start-chroot", "preload"),
];

/// Those with the outcome "seen wrongly". In a pid namespace of its own a process reports, through its
/// preloaded library, the pid that it has there: outside, that process never was.
const WRONGLY: [(&str, &str); 10] = [
    ("case/churn-pid-reuse", "preload"),
    ("case/race-argv-at-entry", "preload"),
    ("case/race-argv-pointer", "preload"),
    ("case/race-argv-string", "preload"),
    ("case/race-argv-userfault", "preload"),
    ("case/race-path-rename", "preload"),
    ("case/race-path-string", "preload"),
    ("case/race-path-symlink", "preload"),
    ("case/race-path-userfault", "preload"),
    ("case/start-chroot", "audit"),
];

/// Those with the outcome "seen twice": the library tells of the program that the path named before the
/// call, and of the one that it finds itself in.
const TWICE: [(&str, &str); 3] = [
    ("case/race-path-string", "preload"),
    ("case/race-path-symlink", "preload"),
    ("case/race-path-userfault", "preload"),
];

/// Cases in which a program changes at once what a look-up in /proc finds: netlink is right or wrong.
const RACES: [&str; 3] = [
    "case/race-argv-beyond",
    "case/race-argv-moved",
    "case/race-argv-overwritten",
];

/// Cases that need more than a kernel with the technique: user namespaces, control groups, a static C
/// library, an x86_64 or aarch64 machine, 32-bit programs, set-user-id programs, userfaultfd, or a recent
/// kernel.
const MAY_BE_UNAVAILABLE: [&str; 24] = [
    "case/churn-pid-reuse",
    "case/end-inside-namespace",
    "case/end-out-of-memory",
    "case/end-with-namespace",
    "case/hide-argv-empty",
    "case/hide-no-libc",
    "case/hide-raw-calls",
    "case/hide-set-user-id",
    "case/hide-static",
    "case/not-exec-text-busy",
    "case/not-fork-pids-limit",
    "case/race-argv-pointer",
    "case/race-argv-string",
    "case/race-argv-userfault",
    "case/race-path-rename",
    "case/race-path-userfault",
    "case/race-script",
    "case/start-32-bit-calls",
    "case/start-32-bit-program",
    "case/start-chroot",
    "case/start-clone3",
    "case/start-inside-namespace",
    "case/start-mount-namespace",
    "case/start-pid-namespace",
];

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn found(case: &Value, outcome: &str) -> bool {
    let findings = case["findings"].as_array().unwrap();
    findings.iter().any(|finding| finding["outcome"] == outcome)
}

fn find<'a>(cases: &[&'a Value], name: &str, monitor: &str) -> &'a Value {
    let mut cases = cases.iter();
    let found = cases.find(|one| one["workload"] == name && one["configuration"] == monitor);
    found.unwrap_or_else(|| panic!("{name} under {monitor} is no row"))
}

fn cases(summary: &Value) -> Vec<&Value> {
    let all = summary["cases"].as_array().unwrap();
    let known = |case: &&Value| MONITORS.contains(&text(case, "configuration"));
    all.iter().filter(known).collect()
}

#[test]
#[ignore = "needs root"]
fn every_case_has_the_outcome_that_its_definition_says() {
    let able: Vec<_> = MONITORS.into_iter().filter(|name| can_run(name)).collect();
    let dir = scratch();
    let out = dir.path().join("record");
    let args = ["run", "-w", "case/.*", "--reps", "1", "--out"];
    let (code, stdout, stderr) = said(&[&args[..], &[out.to_str().unwrap()]].concat());
    assert_eq!(code, 0, "{stderr}");
    let mut definitions = workloads::definitions().unwrap();
    definitions.retain(|one| one.model() == "case");
    let summary = summary(&out);
    let cases = cases(&summary);
    assert_eq!(cases.len(), definitions.len() * MONITORS.len());
    let mut judged = 0;
    for definition in &definitions {
        let name = definition.name.as_str();
        assert!(stdout.contains(name), "{name} is no row\n{stdout}");
        for monitor in MONITORS {
            let case = find(&cases, name, monitor);
            if is_judged(case, &able) {
                has_the_known_outcome(case, &definition.blind);
                judged += 1;
            }
        }
    }
    println!("{judged} outcomes judged");
    let always = definitions.len() - MAY_BE_UNAVAILABLE.len();
    assert!(judged >= always * able.len(), "{judged} outcomes judged");
}

/// Whether the case ran. It must, unless the monitor or the case lacks something on this machine.
fn is_judged(case: &Value, able: &[&str]) -> bool {
    let (name, monitor) = (text(case, "workload"), text(case, "configuration"));
    if case["status"] == "unavailable" {
        let error = text(case, "error");
        assert!(error.contains("needs "), "{case:#}");
        if able.contains(&monitor) {
            assert!(MAY_BE_UNAVAILABLE.contains(&name), "{case:#}");
            println!("skipped: {name} under {monitor} {error}");
        }
        return false;
    }
    assert_eq!(case["status"], "ok", "{case:#}");
    assert!(able.contains(&monitor), "{case:#}");
    true
}

fn has_the_known_outcome(case: &Value, blind: &[String]) {
    let (name, monitor) = (text(case, "workload"), text(case, "configuration"));
    let blind = blind.iter().any(|one| one == monitor);
    assert_eq!(found(case, "not seen"), blind, "{case:#}");
    let twice = TWICE.contains(&(name, monitor));
    assert_eq!(found(case, "seen twice"), twice, "{case:#}");
    let wrongly = WRONGLY.contains(&(name, monitor));
    if monitor != "netlink" || !RACES.contains(&name) {
        assert_eq!(found(case, "seen wrongly"), wrongly, "{case:#}");
    }
    let without_detail = WITHOUT_DETAIL.contains(&(name, monitor));
    // netlink looks each process up, and on a busy machine may come late.
    if monitor != "netlink" {
        assert_eq!(
            found(case, "seen without detail"),
            without_detail,
            "{case:#}"
        );
    }
}

#[test]
#[ignore = "needs root"]
fn without_root_what_can_run_runs_and_the_rest_are_rows() {
    let dir = scratch();
    let names = "case/(hide-static|hide-set-user-id|end-out-of-memory|start-chroot)";
    let (summary, stdout) = measured_as_nobody(dir.path(), &["-w", names]);
    let all = cases(&summary);
    let under_preload = |name: &str| find(&all, name, "preload");
    assert_eq!(under_preload("case/hide-static")["outcome"], "not seen");
    for name in ["case/hide-set-user-id", "case/end-out-of-memory"] {
        let case = under_preload(name);
        assert_eq!(case["status"], "unavailable", "{case:#}");
        assert!(text(case, "error").contains("root"), "{case:#}");
        assert!(
            stdout.contains(&format!("{name} cannot run here")),
            "{stdout}"
        );
    }
    let ebpf = all.iter().filter(|one| one["configuration"] == "ebpf");
    let ebpf: Vec<_> = ebpf.map(|one| text(one, "status")).collect();
    assert_eq!(ebpf, ["unavailable"; 4]);
}

/// Strings that forge something else where they are displayed without escaping.
const HOSTILE: [&str; 6] = [
    "a\nworkload,monitor,repetition\r\n{\"kind\":\"exec\"}",
    "a\"b'c`d\\\\e,f|g;h $(i) &j;",
    "a\tb\t\tc ",
    "a\u{1b}[2J\u{1b}[31mb\u{1b}]0;c\u{7}\r\u{8}",
    "a\u{202e}b\u{fffd}\u{2028}c",
    "a\" a2=\"b\ntype=EXECVE<script>alert(1)</script>[x](y)|-->",
];

/// Writes a record with the hostile strings in every text of its matrix of cases.
fn hostile_record(dir: &std::path::Path) {
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records/hostile");
    let mut summary = summary(&from);
    let mut cases = Vec::new();
    let mut workloads = Vec::new();
    for word in HOSTILE {
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
    let write = |file: &str, value: &Value| std::fs::write(dir.join(file), value.to_string());
    write("summary.json", &summary).unwrap();
    write("record.json", &summary["record"]).unwrap();
}

fn controls_a_terminal(text: &str) -> bool {
    text.chars()
        .any(|c| c != '\n' && (c.is_control() || c == '\u{202e}' || c == '\u{2028}'))
}

#[test]
fn hostile_strings_forge_nothing_in_a_matrix_of_cases() {
    let dir = scratch();
    hostile_record(dir.path());
    let (code, stdout, stderr) = said(&["report", dir.path().to_str().unwrap()]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(!controls_a_terminal(&stdout), "{stdout}");
    let page = |file: &str| std::fs::read_to_string(dir.path().join(file)).unwrap();
    let markdown = page("README.md");
    assert!(!controls_a_terminal(&markdown), "{markdown}");
    // One line for each, and in it one bar for each column and one at the end.
    let table = markdown.split("## Cases").nth(1).unwrap();
    assert!(!table.contains("<script"), "{table}");
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with('|')).collect();
    // The head, its line, and the totals.
    assert_eq!(rows.len(), 3 + HOSTILE.len(), "{table}");
    let bars = |line: &str| {
        let line = line.replace("\\\\", "").replace("\\|", "");
        line.matches('|').count()
    };
    assert!(rows.iter().all(|row| bars(row) == bars(rows[0])), "{table}");
    let html = page("report.html");
    assert!(!controls_a_terminal(&html), "{html}");
    assert!(!html.contains("<script>alert"), "{html}");
}
