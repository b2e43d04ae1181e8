//! A noisy neighbour: quiet programs are judged while a fork bomb runs in another control group.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use common::{Traces, cells, measured, scratch};

#[test]
#[ignore = "needs root"]
fn only_the_quiet_ones_are_judged_and_nothing_of_the_bomb_is_left() {
    let label = "ebpf";
    let monitor = monitors::find(label).unwrap();
    let options = contract::Options::new(label, monitor.options(), []).unwrap();
    if let Some(missing) = monitor.missing(&options).first() {
        println!("skipped: {label} {missing}");
        return;
    }
    let dir = scratch();
    let args = [
        "-m",
        label,
        "-w",
        "noisy-neighbour{count=20,rate=20}",
        "--reps",
        "1",
    ];
    let summary = measured(dir.path(), &args);
    let cell = cells(&summary, label)[0];
    let repeat = format!("repeat with: harness run {}\n{cell:#}", args.join(" "));
    assert_eq!(cell["drained"], true, "{repeat}");
    for (kind, truths) in [("fork", 29), ("exec", 21), ("exit", 29)] {
        let n = |name: &str| cell["kinds"][kind][name].as_u64().unwrap();
        assert_eq!((n("truths"), n("missed")), (truths, 0), "{repeat}");
        assert_eq!((n("duplicates"), n("false_positives")), (0, 0), "{repeat}");
    }
    // The bomb was seen as well, and is nobody's fault.
    assert!(cell["unrelated"].as_u64().unwrap() > 1000, "{repeat}");
    assert_eq!(
        cell["pace"]["offered_per_s"].as_f64().unwrap().round(),
        20.0
    );
    let left = Traces::now();
    assert_eq!((left.cgroups.len(), left.listeners), (0, 0), "{left:?}");
}
