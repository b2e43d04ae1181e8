//! contract <- {monitors, workloads, scoring}, scoring <- report, all <- harness.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// A crate with the other crates of the house on which it may depend.
const ARROWS: [(&str, &[&str]); 6] = [
    ("rollcall-contract", &[]),
    ("rollcall-scoring", &["rollcall-contract"]),
    (
        "rollcall-report",
        &["rollcall-contract", "rollcall-scoring"],
    ),
    ("rollcall-monitors", &["rollcall-contract"]),
    ("rollcall-workloads", &["rollcall-contract"]),
    (
        "rollcall",
        &[
            "rollcall-contract",
            "rollcall-scoring",
            "rollcall-report",
            "rollcall-monitors",
            "rollcall-workloads",
        ],
    ),
];

/// Crates that touch the kernel, of which those that are pure have none.
const KERNEL: [&str; 6] = ["aya", "aya-obj", "caps", "libc", "netlink-sys", "nix"];
const PURE: [&str; 3] = ["rollcall-contract", "rollcall-scoring", "rollcall-report"];

/// The direct dependencies of each crate of the house, as `cargo metadata` has them.
fn dependencies() -> BTreeMap<String, Vec<Value>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut metadata = Command::new(cargo);
    metadata.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let output = metadata.current_dir(crate::files::home()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = all["packages"].as_array().unwrap();
    let of = |package: &Value| {
        let name = package["name"].as_str().unwrap().to_owned();
        (name, package["dependencies"].as_array().unwrap().clone())
    };
    packages.iter().map(of).collect()
}

fn name(dependency: &Value) -> &str {
    dependency["name"].as_str().unwrap()
}

#[test]
fn crates_depend_on_no_crate_of_the_house_but_those_they_stand_on() {
    let dependencies = dependencies();
    let known: Vec<_> = ARROWS.iter().map(|(name, _)| *name).collect();
    let mut expected = known.clone();
    expected.sort_unstable();
    assert!(
        dependencies.keys().eq(&expected),
        "{:?}",
        dependencies.keys()
    );
    for (from, allowed) in ARROWS {
        // Those of tests too: a crate's tests compile where it does.
        for to in dependencies[from].iter().map(name) {
            let fine = !known.contains(&to) || allowed.contains(&to);
            assert!(fine, "{from} depends on {to}");
        }
    }
}

#[test]
fn pure_crates_have_no_kernel() {
    let dependencies = dependencies();
    for from in PURE {
        for to in dependencies[from].iter().map(name) {
            assert!(!KERNEL.contains(&to), "{from} depends on {to}");
        }
    }
}

#[test]
fn the_contract_depends_on_nothing_but_an_optional_serde() {
    let dependencies = dependencies();
    let all = dependencies["rollcall-contract"].iter();
    for dependency in all.filter(|one| one["kind"] != "dev") {
        let fine = name(dependency) == "serde" && dependency["optional"] == true;
        assert!(fine, "rollcall-contract depends on {}", name(dependency));
    }
}
