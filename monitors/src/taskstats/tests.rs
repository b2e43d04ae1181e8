//! Against recorded bytes, and as root against the kernel.

use std::os::fd::AsFd;

use contract::Kind;
use proptest::prelude::*;

use super::socket::{Listener, Received};
use super::{LEAST_RECORD, PROTOCOL, Taskstats, wire};
use crate::common::netlink_socket::{self, Queue};
use crate::test_support::{self, end, of, on_machine_for, shell, takes, waiting, watch};

const RECORDED: &str = "taskstats/sh.spool";

#[test]
fn recorded_bytes_decode_to_what_happened() {
    test_support::recorded(&Taskstats, RECORDED);
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        takes(&Taskstats, &bytes);
    }

    #[test]
    fn any_attributes_are_taken_or_refused(bytes in prop::collection::vec(0_u8..9, 0..200)) {
        takes(&Taskstats, &wire::request(31, 2, 4, &bytes));
    }
}

#[test]
#[ignore = "needs root"]
fn an_end_is_told_with_its_status_and_a_threads_is_not() {
    on_machine_for!(Taskstats);
    let (journal, counters, _, (ended, killed, thread)) = watch(&Taskstats, &[], || {
        let (ended, mut killed) = (waiting(&mut shell("ended")), waiting(&mut shell("killed")));
        let ids = (ended.id(), killed.id());
        killed.kill().unwrap();
        end(killed);
        end(ended);
        let thread = std::thread::spawn(nix::unistd::gettid).join().unwrap();
        (ids.0, ids.1, thread.as_raw().cast_unsigned())
    });
    let told = |pid| of(&journal, Kind::Exit, pid);
    assert_eq!((told(ended).len(), told(killed).len()), (1, 1));
    // `read` at the end of its input fails.
    assert_eq!(told(ended)[0].status, Some(1 << 8));
    assert_eq!(told(killed)[0].status, Some(9));
    assert!(told(thread).is_empty() && told(std::process::id()).is_empty());
    assert_eq!(counters.reported_lost["socket_drops"], 0);
}

/// Everything queued: records, and overflows told.
fn drain(listener: &mut Listener) -> (u64, u64) {
    let (mut records, mut overflows, mut buffer) = (0, 0, Vec::with_capacity(wire::ROOM));
    loop {
        match listener.receive(&mut buffer).unwrap() {
            Received::Some => records += 1,
            Received::Overflow => overflows += 1,
            Received::Other => {}
            Received::Nothing => return (records, overflows),
        }
    }
}

#[test]
#[ignore = "needs root"]
fn what_is_not_received_is_dropped_and_counted_and_stopped_is_silent() {
    on_machine_for!(Taskstats);
    let mut wide = Listener::start(Some(32 << 20)).unwrap();
    let mut narrow = Listener::start(Some(8 << 10)).unwrap();
    let inode = netlink_socket::inode(narrow.as_fd()).unwrap();
    // What others end between two looks at the wide queue may be in the narrow one's account or not;
    // what comes between those pairs of looks is.
    drain(&mut wide);
    let before = netlink_socket::drops(PROTOCOL, inode).unwrap();
    drain(&mut narrow);
    let first = drain(&mut wide).0;
    for _ in 0..300 {
        std::process::Command::new("/bin/true").status().unwrap();
    }
    let all = drain(&mut wide).0;
    narrow.stop().unwrap();
    let last = drain(&mut wide).0;
    let queue = Queue::of(&narrow).unwrap();
    let (received, overflows) = drain(&mut narrow);
    let each = queue.fill / received;
    println!("a record takes {each} bytes");
    assert!((LEAST_RECORD..2 * LEAST_RECORD).contains(&each), "{each}");
    let drops = netlink_socket::drops(PROTOCOL, inode).unwrap() - before;
    assert!(
        drops > 200 && overflows == 1,
        "{received} {drops} {overflows}"
    );
    assert!(
        (all..=first + all + last).contains(&(received + drops)),
        "{received} + {drops} of {all}, and {first} and {last} at the ends"
    );
    std::process::Command::new("/bin/true").status().unwrap();
    assert_eq!(drain(&mut narrow), (0, 0), "told after it was stopped");
}

#[test]
#[ignore = "needs root"]
fn what_is_recorded_decodes() {
    on_machine_for!(Taskstats);
    let (_, _, path, own) = watch(&Taskstats, &[], test_support::lives);
    test_support::record(&Taskstats, RECORDED, &path, |frame| {
        let task = wire::read(frame.bytes).unwrap();
        own.contains(&task.process).then(|| frame.bytes.to_vec())
    });
}
