use std::path::Path;

use super::*;

fn record() -> Summary {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/cases");
    Summary::read(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
}

fn score<'a>(one: &'a mut Summary, case: &str, configuration: &str) -> &'a mut CaseScore {
    let found = one.cases.iter_mut();
    let mut found = found.filter(|one| one.workload == case && one.configuration == configuration);
    found.next().expect("the record has it")
}

#[test]
fn the_reasons_can_be_read_and_say_something() {
    let all = read_reasons().expect("differences.toml");
    let known = record();
    for one in all.difference {
        assert!(!one.why.is_empty() && !one.cases.is_empty());
        for name in one.cases {
            let mut cases = known.cases.iter();
            assert!(
                cases.any(|case| case.workload.starts_with(&name)),
                "{name} is the beginning of no case"
            );
        }
    }
}

#[test]
fn what_is_the_same_is_counted_and_not_listed() {
    let (one, mut other) = (record(), record());
    other.record.machine.kernel = "other".into();
    assert!(Differences::new(&[("one", &one)]).is_none());
    let found =
        Differences::new(&[("one", &one), ("other", &other)]).expect("two records with cases");
    assert!(found.rows.is_empty() && found.pairs > 100, "{found:?}");
    assert_eq!(found.equal, found.pairs);
}

#[test]
fn what_differs_is_a_row_with_its_reason() {
    let (one, mut other) = (record(), record());
    other.record.machine.kernel = "other".into();
    let case = "case/end-exit".to_owned();
    for name in ["audit", "ebpf"] {
        let score = score(&mut other, &case, name);
        score.status = Status::Unavailable;
        score.error = Some("needs a compiler".into());
    }
    // A technique that cannot run on one kernel is no difference of a case.
    let monitors = other.record.monitors.iter_mut();
    for monitor in monitors.filter(|one| one.name == "preload") {
        monitor.unavailable = Some(Vec::new());
    }
    let found =
        Differences::new(&[("one", &one), ("other", &other)]).expect("two records with cases");
    let [row] = &found.rows[..] else {
        panic!("{:?}", found.rows);
    };
    assert_eq!(
        (row.case, &row.configurations[..]),
        (&*case, &["audit", "ebpf"][..])
    );
    assert_eq!(
        (&*row.answers[1], &*row.why),
        ("cannot", "needs a compiler")
    );
    assert_eq!(found.pairs, found.equal + 2);
    score(&mut other, &case, "ebpf").error = None;
    let found =
        Differences::new(&[("one", &one), ("other", &other)]).expect("two records with cases");
    assert_eq!(found.rows[1].why, "not known why");
}
