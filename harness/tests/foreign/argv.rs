//! `--argv`: each exec of a command is written down before it happens.

use serde_json::Value;

use crate::common::{measured, said, scratch};

/// A search of PATH, scripts with interpreters of their own, several execs of one process, one that fails, and a program
/// that another user runs.
const MIXED: &str = "mkdir -p bin; printf '#!/usr/bin/env -S sh -e\\necho $1\\n' >bin/script; chmod +x bin/script; \
                     PATH=/no/such:$PWD/bin:$PATH; script a; perl -e 'system(q(true)); exec q(script), q(b c)'; \
                     nice -n 1 env x=1 echo ''; no-such-program; setpriv --reuid 65534 --clear-groups /bin/true; \
                     find bin -type f -exec grep -c echo {} +; :";

/// The cell of the pass under a configuration.
fn pass<'a>(summary: &'a Value, name: &str) -> &'a Value {
    let cells = summary["cells"].as_array().unwrap();
    let own = |cell: &&Value| cell["experiment"] == "argv" && cell["configuration"] == name;
    cells.iter().find(own).unwrap()
}

#[test]
#[ignore = "needs root"]
fn argv_of_every_exec_is_known_and_judged() {
    let (dir, folder) = (scratch(), scratch());
    let cwd = folder.path().to_str().unwrap();
    let args = [
        "-m",
        "ebpf,preload",
        "--reps",
        "1",
        "--argv",
        "--cwd",
        cwd,
        "--",
        "sh",
        "-c",
        MIXED,
    ];
    let summary = measured(dir.path(), &args);
    for name in ["ebpf", "preload"] {
        let cell = pass(&summary, name);
        assert_eq!(cell["status"], "ok", "{cell:#}");
        let execs = &cell["kinds"]["exec"];
        assert!(execs["truths"].as_u64().unwrap() >= 13, "{cell:#}");
        assert_eq!(cell["ambiguous"], Value::Null, "{cell:#}");
        for field in ["exe", "argv"] {
            let score = &cell["fields"][field];
            assert_eq!(
                score["correct"], execs["matched"],
                "{name} {field}: {cell:#}"
            );
            assert_eq!(
                (&score["wrong"], &score["missing"]),
                (&0.into(), &0.into()),
                "{name} {field}: {cell:#}"
            );
        }
    }
    let ebpf = &pass(&summary, "ebpf")["kinds"]["exec"];
    assert_eq!(
        (
            &ebpf["missed"],
            &ebpf["false_positives"],
            &ebpf["duplicates"]
        ),
        (&0.into(), &0.into(), &0.into())
    );
    // Its cost counts for nothing: one block was measured beside it.
    let rows = summary["comparison"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["configuration"] == "ebpf")
        .unwrap();
    assert_eq!(row["own_cpu_us_per_event"]["n"], 1, "{row:#}");
}

#[test]
#[ignore = "needs root"]
fn argv_of_a_thousand_short_programs_is_known() {
    let dir = scratch();
    let script = "i=0; while [ $i -lt 1000 ]; do /bin/true $i; i=$((i + 1)); done";
    let args = [
        "-m", "ebpf", "--reps", "1", "--argv", "--", "sh", "-c", script,
    ];
    let summary = measured(dir.path(), &args);
    let cell = pass(&summary, "ebpf");
    let score = |field: &str| cell["fields"][field]["correct"].as_u64().unwrap();
    assert_eq!((score("exe"), score("argv")), (1001, 1001), "{cell:#}");
}

#[test]
fn argv_is_of_a_command() {
    let (code, _, errors) = said(&["run", "--argv", "-w", "fork-bomb"]);
    assert_eq!(code, 2);
    assert!(
        errors.contains("--argv: is of a command, and none was given"),
        "{errors}"
    );
}
