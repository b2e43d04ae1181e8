//! Against recorded records, and as root against the kernel.

use contract::{Kind, Monitor, Options};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use proptest::prelude::*;

use super::{OPTIONS, Perf, decode};
use crate::test_support::{self, end, of, on_machine_for, shell, takes, waiting, watch};

const RECORDED: &str = "perf/sh.spool";

#[test]
fn recorded_bytes_decode_to_what_happened() {
    test_support::recorded(&Perf, RECORDED);
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        takes(&Perf, &bytes);
    }

    #[test]
    fn any_records_are_taken_or_refused(bytes in prop::collection::vec(0_u8..48, 0..200)) {
        takes(&Perf, &[&decode::records(0)[..], &bytes].concat());
    }
}

#[test]
fn a_ring_the_kernel_cannot_make_is_refused() {
    for pages in ["3", "0", "1M"] {
        let options = Options::new("perf", OPTIONS, [("pages", pages)]).unwrap();
        let said = super::pages(&options).unwrap_err().to_string();
        assert!(said.contains("must be a power of two"), "{said}");
    }
}

#[test]
#[ignore = "needs root"]
fn a_process_is_told_from_fork_to_exit_and_a_thread_is_not() {
    on_machine_for!(Perf);
    if !Perf.missing(&Options::default()).is_empty() {
        return;
    }
    let before = crate::common::clock::now();
    let (journal, counters, _, (pid, thread)) = watch(&Perf, &[], || {
        let child = waiting(&mut shell("ended"));
        let pid = child.id();
        end(child);
        let thread = std::thread::spawn(nix::unistd::gettid).join().unwrap();
        (pid, thread.as_raw().cast_unsigned())
    });
    let told = |kind, pid| of(&journal, kind, pid);
    let all = Kind::ALL.map(|kind| told(kind, pid));
    assert_eq!(all.each_ref().map(Vec::len), [1, 1, 1]);
    assert_eq!(all[0][0].ppid, Some(std::process::id()));
    let times = all.each_ref().map(|told| told[0].happened);
    assert!(before < times[0] && times.is_sorted(), "{times:?}");
    assert!(Kind::ALL.iter().all(|&kind| told(kind, thread).is_empty()));
    assert_eq!(counters.reported_lost["ring_full"], 0);
}

/// What finds no room is counted: a ring of one page and a reader that only begins to read when
/// all has happened.
#[test]
#[ignore = "needs root"]
fn what_finds_no_room_is_counted_exactly() {
    on_machine_for!(Perf);
    if !Perf.missing(&Options::default()).is_empty() {
        return;
    }
    let this = nix::unistd::Pid::from_raw(0);
    let usual = sched_getaffinity(this).unwrap();
    let cpu = (0..CpuSet::count()).find(|&cpu| usual.is_set(cpu) == Ok(true));
    let cpu = cpu.unwrap();
    let mut only = CpuSet::new();
    only.set(cpu).unwrap();
    sched_setaffinity(this, &only).unwrap();
    let [mut narrow, mut wide] =
        [1, 256].map(|pages| super::ring::Ring::open(cpu as u32, pages).unwrap());
    let end = |ring: &mut super::ring::Ring| {
        let mut bytes = Vec::new();
        ring.take(&mut bytes).unwrap();
        decode::count(&bytes)
    };
    // What others begin or end on this CPU between the two looks at the wide ring may be in the
    // narrow one's account or not; what comes between those pairs of looks is.
    end(&mut wide);
    end(&mut narrow);
    let before = narrow.lost().unwrap();
    let first = end(&mut wide);
    for _ in 0..300 {
        std::process::Command::new("/bin/true").status().unwrap();
    }
    let all = end(&mut wide);
    let got = end(&mut narrow);
    let lost = narrow.lost().unwrap() - before;
    let last = end(&mut wide);
    sched_setaffinity(this, &usual).unwrap();
    assert_eq!(wide.lost().unwrap(), 0);
    if narrow.counts {
        assert!(
            lost > 500 && (all..=first + all + last).contains(&(got + lost)),
            "{got} + {lost} of {all}, and {first} and {last} at the ends"
        );
    }
}

#[test]
#[ignore = "needs root"]
fn what_is_recorded_decodes() {
    on_machine_for!(Perf);
    let (_, _, path, own) = watch(&Perf, &[], test_support::lives);
    test_support::record(&Perf, RECORDED, &path, |frame| {
        decode::only(&own, frame.bytes)
    });
}
