//! The crate `report` knows no monitor; what it says of each by name is held against the registry here.

use report::advise::Rules;

/// Monitors that watch nothing, or that stand for others.
const NOT_A_TECHNIQUE: [&str; 3] = ["null", "replay", "external"];

#[test]
fn every_monitor_has_its_requirements_in_the_rules() {
    let rules = Rules::embedded().unwrap();
    // What a third-party tool needs is in its definition.
    let ours = monitors::all()
        .iter()
        .filter(|one| one.definition().is_none());
    for name in ours.map(|one| one.name()) {
        let known = NOT_A_TECHNIQUE.contains(&name) || rules.documents(name);
        assert!(
            known,
            "{name} is not in harness/report/src/advise/rules.toml"
        );
    }
}

#[test]
fn every_monitor_has_a_family() {
    let all = monitors::all().iter().map(|monitor| monitor.name());
    for name in all.filter(|name| !NOT_A_TECHNIQUE.contains(name)) {
        let family = report::family(name);
        assert_ne!(
            family, "other",
            "{name}: name it in harness/report/src/family.rs"
        );
    }
    assert_eq!(report::family("auditd"), "audit");
    assert_eq!(report::family("execsnoop-perf"), "perf and ftrace");
    assert_eq!(report::family("netlink{rcvbuf=1M}"), "proc connector");
}
