//! `harness score --check`: a record that may be published has no fault, and each fault has a line.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::Path;

use common::{said, scratch};
use scoring::record::write_json;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A committed record without a fault, copied.
fn record() -> TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/reference");
    let dir = scratch();
    for file in ["record.json", "summary.json", "missed.json", "README.md"] {
        fs::copy(from.join(file), dir.path().join(file)).unwrap();
    }
    dir
}

fn checked(dir: &Path) -> (i32, String, String) {
    said(&["score", "--check", dir.to_str().unwrap()])
}

fn change(dir: &Path, file: &str, with: impl FnOnce(&mut Value)) {
    let path = dir.join(file);
    let mut value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    with(&mut value);
    write_json(&path, &value).unwrap();
}

/// The same change to both tellings of the run, so that it is the only fault.
fn change_both(dir: &Path, with: impl Fn(&mut Value)) {
    change(dir, "record.json", &with);
    change(dir, "summary.json", |summary| with(&mut summary["record"]));
}

#[test]
fn a_committed_record_has_no_fault() {
    let (code, stdout, stderr) = checked(record().path());
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(
        stdout.contains(": no fault: ") && stdout.contains("nothing was counted again"),
        "{stdout}"
    );
}

/// A fault to plant, and what its line says.
type Plant = (&'static str, fn(&Path));

const PLANTED: &[Plant] = &[
    ("machine.cpu is not told: measure again", |dir| {
        change_both(dir, |record| record["machine"]["cpu"] = json!(" "));
    }),
    ("machine.cpus is not told: measure again", |dir| {
        change_both(dir, |record| record["machine"]["cpus"] = json!(0));
    }),
    ("had changed sources: measure again", |dir| {
        change_both(dir, |record| record["commit"] = json!("abc-dirty"));
    }),
    ("commit and sources are not told: measure again", |dir| {
        change_both(dir, |record| {
            record.as_object_mut().unwrap().remove("commit").unwrap();
        });
    }),
    ("tells of another run than record.json", |dir| {
        change(dir, "record.json", |record| record["seed"] = json!(77));
    }),
    ("audit has no cell on static-binary: measure again", |dir| {
        change(dir, "summary.json", |summary| {
            let cells = summary["cells"].as_array_mut().unwrap();
            cells.retain(|cell| {
                let subject = cell["stands_for"]
                    .as_str()
                    .or(cell["configuration"].as_str());
                subject != Some("audit") || cell["workload"] != "static-binary"
            });
        });
    }),
    ("failed, and no reason is told", |dir| {
        change(dir, "summary.json", |summary| {
            let cells = summary["cells"].as_array_mut().unwrap();
            let quiet = |cell: &&mut Value| cell["configuration"] == "null";
            cells.iter_mut().find(quiet).unwrap()["status"] = json!("failed");
        });
    }),
    ("could not run, and no reason is told", |dir| {
        change_both(dir, |record| {
            let monitors = record["monitors"].as_array_mut().unwrap();
            let kmod = monitors.iter_mut().find(|one| one["name"] == "kmod");
            kmod.unwrap()["unavailable"] = json!([]);
        });
    }),
    ("is not the only cell of order 0", |dir| {
        change(dir, "summary.json", |summary| {
            let cells = summary["cells"].as_array_mut().unwrap();
            let quiet = |cell: &&mut Value| cell["configuration"] == "null" && cell["order"] != 0;
            cells.iter_mut().find(quiet).unwrap()["order"] = json!(0);
        });
    }),
    (
        "tools/preload.toml: is missing: copy the definition",
        |dir| {
            change_both(dir, |record| {
                let monitors = record["monitors"].as_array_mut().unwrap();
                let one = monitors.iter_mut().find(|one| one["name"] == "preload");
                one.unwrap()["version"] = json!("preload 1");
            });
        },
    ),
    ("missed.json: is missing: measure again", |dir| {
        fs::remove_file(dir.join("missed.json")).unwrap();
    }),
    ("has not as many missed events as summary.json", |dir| {
        change(dir, "missed.json", |missed| {
            let cells = missed["cells"].as_array_mut().unwrap().iter_mut();
            let mut groups = cells.flat_map(|cell| cell["groups"].as_array_mut().unwrap());
            let group = groups.find(|one| one["what"] == "missed");
            let total = &mut group.unwrap()["total"];
            *total = json!(total.as_u64().unwrap() + 1);
        });
    }),
    ("README.md: is not what summary.json gives", |dir| {
        fs::write(dir.join("README.md"), "all is well\n").unwrap();
    }),
    ("README.md: is missing: harness report", |dir| {
        fs::remove_file(dir.join("README.md")).unwrap();
    }),
];

#[test]
fn each_fault_has_a_line_of_its_own() {
    for (words, plant) in PLANTED {
        let dir = record();
        plant(dir.path());
        let (code, stdout, stderr) = checked(dir.path());
        assert_eq!((code, stdout.as_str()), (2, ""), "{words}: {stderr}");
        let named = stderr.lines().filter(|line| line.contains(words));
        assert_eq!(named.count(), 1, "{words}: {stderr}");
        let (others, last) = stderr.trim_end().rsplit_once('\n').unwrap();
        assert!(last.contains("name"), "{words}: {stderr}");
        // A page follows from its figures: where those are changed, it is another.
        let rest = others.lines().filter(|line| !line.contains("README.md"));
        assert!(rest.count() <= 1, "{words}: {stderr}");
    }
}

#[test]
fn what_does_not_read_is_one_line() {
    let dir = record();
    fs::write(dir.path().join("summary.json"), "{}").unwrap();
    for path in [dir.path(), Path::new("/nonexistent")] {
        let (code, _, stderr) = checked(path);
        assert_eq!((code, stderr.lines().count()), (2, 1), "{stderr}");
    }
}

#[test]
fn figures_are_counted_again_from_raw() {
    let home = scratch();
    let dir = home.path().join("made");
    let path = dir.to_str().unwrap();
    let run = [
        "run", "-m", "preload", "-w", "paced$", "--scale", "0.05", "--reps", "1", "--out", path,
    ];
    let (code, _, stderr) = said(&run);
    assert_eq!(code, 0, "{stderr}");
    // Whatever this harness was built from.
    change_both(&dir, |record| {
        record["commit"] = json!("abc");
        record["sources"] = json!("0123456789abcdef");
    });
    let (code, stdout, stderr) = checked(&dir);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("counted again from raw/"), "{stdout}");
    change(&dir, "summary.json", |summary| {
        let cells = summary["cells"].as_array_mut().unwrap();
        let seen = |cell: &&mut Value| cell["configuration"] == "preload";
        cells.iter_mut().find(seen).unwrap()["unrelated"] = json!(777);
    });
    let (code, _, stderr) = checked(&dir);
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains(".unrelated is not what raw/ gives: harness score"),
        "{stderr}"
    );
}
