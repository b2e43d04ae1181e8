//! Against the recorded bytes, and as root against the kernel.

use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::Command;

use contract::{Buffer, Counters, Decode, EventLog, Frame, Kind, Monitor, Options, split_argv};
use proptest::prelude::*;

use super::interference;
use super::recv_batch::{Batch, Received};
use super::socket::{Listener, Member};
use super::{Netlink, decode, recover, wire};
use crate::common::lookup_codec;
use crate::common::netlink_socket::{self, Queue};
use crate::test_support::{
    self, Forked, actor, end, lines, of, on_machine_for, shell, wait_to_be_killed, waiting,
};

const RECORDED: &str = "netlink/sh.spool";

/// Captures while `work` runs.
fn watch<T>(given: &[(&str, &str)], work: impl FnOnce() -> T) -> (EventLog, Counters, PathBuf, T) {
    test_support::watch(&Netlink, given, work)
}

#[test]
fn recorded_bytes_decode_to_what_happened() {
    test_support::recorded(&Netlink, RECORDED);
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _either = decode::Decoder::default().frame(Frame { received: 1, bytes: &bytes }, &mut EventLog::default());
    }

    #[test]
    fn any_fields_behind_a_datagram_are_taken(bytes in prop::collection::vec(0_u8..6, 0..40)) {
        let mut all = wire::tests::datagram(2, 5, [7; 6]);
        all.extend(bytes);
        let mut out = EventLog::default();
        if decode::Decoder::default().frame(Frame { received: 1, bytes: &all }, &mut out).is_ok() {
            prop_assert_eq!(out.events.len(), 1);
        } else {
            prop_assert!(out.events.is_empty());
        }
    }
}

#[test]
fn fields_come_back_and_a_cut_one_is_malformed() {
    let mut bytes = wire::tests::datagram(2, 5, [7; 6]);
    for (tag, field) in [
        (lookup_codec::Tag::Exe, &b"/bin/x"[..]),
        (lookup_codec::Tag::ArgvCut, b"x\0y"),
        (lookup_codec::Tag::Ppid, &3_u32.to_le_bytes()),
    ] {
        lookup_codec::keep(tag, field, &mut bytes);
    }
    let mut out = EventLog::default();
    decode::Decoder::default()
        .frame(
            Frame {
                received: 9,
                bytes: &bytes,
            },
            &mut out,
        )
        .unwrap();
    assert_eq!(
        lines(&out),
        "exec 7 happened=5 received=9 ppid=Some(3) status=None exe=Some(\"/bin/x\") \
         argv=Some([\"x\", \"y\"]) cut=true\n"
    );
    bytes.pop();
    assert!(
        decode::Decoder::default()
            .frame(
                Frame {
                    received: 9,
                    bytes: &bytes
                },
                &mut out
            )
            .is_err()
    );
}

#[test]
#[ignore = "needs root"]
fn a_process_is_told_from_fork_to_exit() {
    on_machine_for!(Netlink);
    let before = crate::common::clock::now();
    let (journal, counters, _, (alive, ended, killed)) = watch(&[], || {
        let (ended, mut killed) = (waiting(&mut shell("ended")), waiting(&mut shell("killed")));
        let alive = waiting(&mut shell("alive"));
        let ids = (ended.id(), killed.id());
        killed.kill().unwrap();
        end(killed);
        end(ended);
        (alive, ids.0, ids.1)
    });
    let pid = alive.id();
    let own = Some(std::process::id());
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    end(alive);
    assert_eq!(of(&journal, Kind::Fork, pid)[0].ppid, own);
    let exec = of(&journal, Kind::Exec, pid);
    assert_eq!(exec.len(), 1);
    assert_eq!(
        (exec[0].ppid, exec[0].exe),
        (own, Some(exe.as_os_str().as_encoded_bytes()))
    );
    assert_eq!(
        exec[0].argv,
        Some(&b"/bin/sh\0-c\0echo begun; read x\0alive\0"[..])
    );
    assert!(exec[0].happened > before && exec[0].happened < exec[0].received);
    assert!(of(&journal, Kind::Exit, pid).is_empty());
    assert_eq!(of(&journal, Kind::Exit, killed)[0].status, Some(9));
    // `read` at the end of its input fails.
    assert_eq!(of(&journal, Kind::Exit, ended)[0].status, Some(1 << 8));
    assert_eq!(counters.reported_lost["socket_drops"], 0);
}

#[test]
#[ignore = "needs root"]
fn a_thread_is_no_process_and_its_exec_is_its_leaders() {
    on_machine_for!(Netlink);
    let dir = tempfile::tempdir().unwrap();
    let actor = actor(dir.path());
    let (journal, _, _, (child, threads)) = watch(&[], || {
        let threads = (0..20).map(|_| std::thread::spawn(nix::unistd::gettid));
        let threads = threads
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>();
        let child = waiting(Command::new(&actor).arg("exec-waiting-from-thread"));
        (child, threads)
    });
    let pid = child.id();
    end(child);
    let execs = of(&journal, Kind::Exec, pid);
    assert_eq!(
        execs.len(),
        2,
        "of the first and of the thread:\n{}",
        lines(&journal)
    );
    let argv: Vec<_> = split_argv(execs[1].argv.unwrap()).collect();
    assert_eq!(argv, [&b"actor"[..], b"wait", b"from a thread"]);
    // The connector tells the end of the first thread, which made way: the process lived on.
    assert!(of(&journal, Kind::Exit, pid).is_empty());
    assert!(
        !journal
            .events
            .iter()
            .any(|event| event.fields.ppid == Some(pid))
    );
    for thread in threads {
        let pid = thread.as_raw() as u32;
        assert!(
            Kind::ALL
                .iter()
                .all(|&kind| of(&journal, kind, pid).is_empty())
        );
    }
}

#[test]
#[ignore = "needs root"]
fn without_look_ups_an_exec_is_bare() {
    on_machine_for!(Netlink);
    let (journal, _, _, child) = watch(&[("lookup", "never")], || waiting(&mut shell("bare")));
    let pid = child.id();
    end(child);
    let exec = of(&journal, Kind::Exec, pid)[0];
    assert_eq!((exec.exe, exec.argv, exec.ppid), (None, None, None));
}

#[test]
#[ignore = "needs root"]
fn it_is_switched_off_when_told_to_stop() {
    on_machine_for!(Netlink);
    // A member that asks for nothing hears exactly what others have switched on.
    let cross_check = Member::join(1, Some(1 << 20)).unwrap();
    assert!(
        !recover::switched_on(&cross_check).unwrap(),
        "another listener is there: end it"
    );
    let (_, _, _, on) = watch(&[], || recover::switched_on(&cross_check).unwrap());
    assert!(on);
    while cross_check.hear().unwrap().is_some() {}
    assert!(!recover::switched_on(&cross_check).unwrap());
}

/// A listener in a process of its own.
fn listener() -> Forked {
    Forked::new(|begun| {
        let _listener = Listener::start(None).unwrap();
        begun();
        wait_to_be_killed()
    })
}

#[test]
#[ignore = "needs root"]
fn what_a_killed_capture_leaves_is_found_and_switched_off() {
    on_machine_for!(Netlink);
    let cross_check = Member::join(1, Some(1 << 20)).unwrap();
    for _ in 0..2 {
        listener().kill();
    }
    while cross_check.hear().unwrap().is_some() {}
    assert!(
        recover::switched_on(&cross_check).unwrap(),
        "a killed listener leaves it on"
    );
    assert_eq!(
        recover::recover().unwrap(),
        [""; 0],
        "another member is not disturbed"
    );
    assert!(recover::switched_on(&cross_check).unwrap());
    drop(cross_check);
    let said = recover::recover().unwrap();
    let cross_check = Member::join(1, None).unwrap();
    assert!(!recover::switched_on(&cross_check).unwrap());
    drop(cross_check);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("left switched on by 2 killed"));
    assert_eq!(recover::recover().unwrap(), [""; 0], "and only once");
}

#[test]
#[ignore = "needs root"]
fn a_live_listener_is_left_alone() {
    on_machine_for!(Netlink);
    let listener = listener();
    let said = recover::recover().unwrap();
    let cross_check = Member::join(1, None).unwrap();
    let on = recover::switched_on(&cross_check).unwrap();
    listener.kill();
    drop(cross_check);
    recover::recover().unwrap();
    assert_eq!((said, on), (Vec::new(), true));
}

/// The count of listeners is the kernel's and everybody's: one that a stranger takes off is missed.
#[test]
#[ignore = "needs root"]
fn a_connector_that_another_program_switches_off_is_told() {
    on_machine_for!(Netlink);
    let take_one_off = || {
        let stranger = Member::join(1, None).unwrap();
        stranger.ask(wire::Op::Refused, 0).unwrap();
        stranger.ask(wire::Op::Ignore, 0).unwrap();
    };
    let listener = Listener::start(None).unwrap();
    interference::check(&listener).unwrap();
    take_one_off();
    take_one_off();
    let why = interference::check(&listener).unwrap_err().to_string();
    assert!(why.contains("another program switched"), "{why}");
    interference::check(&listener).unwrap();
    drop(listener);
    // And before one begins.
    take_one_off();
    let listener = Listener::start(None).unwrap();
    interference::check(&listener).unwrap();
    drop(listener);
    let cross_check = Member::join(1, None).unwrap();
    assert!(!recover::switched_on(&cross_check).unwrap());
}

/// Everything queued: how many messages, of threads too, and whether an overflow was told.
fn drain(listener: &Listener, batch: &mut Batch) -> (u64, u64) {
    let (mut messages, mut overflows) = (0, 0);
    loop {
        match batch.receive(listener).unwrap() {
            Received::Some | Received::Last => messages += batch.held().len() as u64,
            Received::Overflow => overflows += 1,
            Received::Nothing => return (messages, overflows),
        }
        batch.clear();
    }
}

#[test]
#[ignore = "needs root"]
fn what_is_not_received_is_dropped_and_counted_exactly() {
    on_machine_for!(Netlink);
    let mut batch = Batch::new();
    let mut wide = Listener::start(Some(32 << 20)).unwrap();
    let mut narrow = Listener::start(Some(8 << 10)).unwrap();
    let inode = netlink_socket::inode(narrow.as_fd()).unwrap();
    // The same beginning for both: as long as nothing happens between two looks.
    let mut before;
    loop {
        drain(&wide, &mut batch);
        before = netlink_socket::drops(wire::PROTOCOL, inode).unwrap();
        drain(&narrow, &mut batch);
        if drain(&wide, &mut batch).0 == 0 {
            break;
        }
    }
    for index in 0..300 {
        recover::spawn().unwrap();
        // Nothing of this may be counted: a new name.
        std::fs::write("/proc/thread-self/comm", format!("decoy{index}")).unwrap();
    }
    // The same end: two looks that agree.
    let (mut all, mut drops) = (0, 0);
    loop {
        let more = drain(&wide, &mut batch).0;
        let now = netlink_socket::drops(wire::PROTOCOL, inode).unwrap() - before;
        all += more;
        if more == 0 && now == drops {
            break;
        }
        drops = now;
    }
    // What others do from here on may be in the narrow one's account or not.
    narrow.stop().unwrap();
    let late = drain(&wide, &mut batch).0;
    drops = netlink_socket::drops(wire::PROTOCOL, inode).unwrap() - before;
    wide.stop().unwrap();
    let (received, overflows) = drain(&narrow, &mut batch);
    assert_eq!(
        netlink_socket::drops(wire::PROTOCOL, netlink_socket::inode(wide.as_fd()).unwrap())
            .unwrap(),
        0
    );
    assert!(
        all >= 600 && drops > 0 && received > 0,
        "{all} {drops} {received}"
    );
    assert_eq!(overflows, 1, "told once, however much was lost");
    assert!(
        (all..=all + late).contains(&(received + drops)),
        "received {received}, dropped {drops} of {all}, and {late} at the end"
    );
}

/// A buffer is as large as said, and a message takes no less of it than said.
#[test]
#[ignore = "needs root"]
fn the_queue_holds_at_most_as_many_messages_as_said() {
    on_machine_for!(Netlink);
    let options = Options::new("netlink", Netlink.options(), [("rcvbuf", "64k")]).unwrap();
    let Buffer::Bounded {
        capacity,
        least_per_event,
        ..
    } = Netlink.buffer(&options)
    else {
        panic!("its socket has a bounded queue");
    };
    let mut listener = Listener::start(Some(64 << 10)).unwrap();
    for _ in 0..300 {
        recover::spawn().unwrap();
    }
    let queue = Queue::of(&listener).unwrap();
    assert_eq!(queue.capacity, capacity);
    assert!(queue.fill > capacity / 2, "{queue:?}");
    listener.stop().unwrap();
    let (received, _) = drain(&listener, &mut Batch::new());
    let each = queue.fill / received;
    println!("a message takes {each} bytes");
    assert!(
        (least_per_event..2 * least_per_event).contains(&each),
        "{each}"
    );
}

#[test]
#[ignore = "needs root"]
fn what_is_recorded_decodes() {
    on_machine_for!(Netlink);
    let (_, _, path, (ended, alive)) = watch(&[], || {
        let ended = waiting(&mut shell("ended"));
        let pid = ended.id();
        end(ended);
        (pid, waiting(&mut shell("alive")))
    });
    let own = [ended, alive.id()];
    end(alive);
    test_support::record(&Netlink, RECORDED, &path, |frame| {
        let mut one = EventLog::default();
        decode::Decoder::default().frame(frame, &mut one).unwrap();
        let ours = one.events.iter().all(|event| own.contains(&event.pid));
        ours.then(|| frame.bytes.to_vec())
    });
}
