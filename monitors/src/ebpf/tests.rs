//! The monitor against the real kernel, and its decoder against recorded bytes. To repeat one:
//! `cargo test -p rollcall-monitors ebpf::tests::NAME` as root.

mod cost;
mod details;
mod exe;
mod host;
mod loops;
mod lsm;
mod recorded;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use contract::{EventLog, Kind, Options, argv_bytes};
use host::{Ran, about, act, run, watched};

use super::{Ebpf, OPTIONS, ring_size};
use crate::test_support::{actor, on_machine_for};

/// The one event of this kind, with the status or parent that it must have.
fn check_life(journal: &EventLog, ran: &Ran, parent: u32) {
    let fork = about(journal, ran.pid, Kind::Fork);
    assert_eq!(fork.len(), 1, "forks of {}", ran.pid);
    assert_eq!(fork[0].ppid, Some(parent));
    let exit = about(journal, ran.pid, Kind::Exit);
    assert_eq!(exit.len(), 1, "exits of {}", ran.pid);
    assert_eq!(exit[0].status, Some(ran.status));
    assert!(fork[0].happened <= fork[0].received && fork[0].happened < exit[0].happened);
}

/// A debugger closes what attaches the programs: another file is put in the place of each link.
#[test]
#[ignore = "needs root"]
fn a_detached_program_is_missed() {
    on_machine_for!(Ebpf);
    for mode in host::modes() {
        let (mut links, null) = (0, std::fs::File::open("/dev/null").unwrap());
        let watch = host::Watch::start("64k", mode);
        for entry in std::fs::read_dir("/proc/self/fdinfo").unwrap().flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let fd = entry.file_name().to_str().unwrap().parse().unwrap();
            if text.contains("link_id:") && links == 0 {
                // SAFETY: both are open; nothing in this process reads the link.
                assert_eq!(unsafe { libc::dup2(null.as_raw_fd(), fd) }, fd);
                links += 1;
            }
        }
        let why = watch.failed();
        assert!(
            links == 1 && why.contains("detached 1 of its 3 programs"),
            "{why}"
        );
    }
}

/// What `bpftool link detach` does, by the number that the kernel gave the link: of a tracing link it takes
/// none, so nothing is there to be told. Should a kernel take it, the events below are missed.
#[test]
#[ignore = "needs root"]
fn kind_9_no_stranger_detaches_a_link_by_its_number() {
    on_machine_for!(Ebpf);
    for mode in host::modes() {
        let before = links();
        let ((ran, refused), journal, _) = watched(mode, || {
            let own: Vec<_> = links()
                .into_iter()
                .filter(|id| !before.contains(id))
                .collect();
            assert_eq!(own.len(), 3, "{own:?}");
            let refused = own.iter().filter(|id| !detach(**id)).count();
            (run(&mut Command::new("/bin/true")), refused)
        });
        assert_eq!(refused, 3);
        check_life(&journal, &ran, std::process::id());
    }
}

/// The numbers of all links of the machine.
fn links() -> Vec<u32> {
    let all = aya::programs::loaded_links().flatten();
    all.map(|link| link.id()).collect()
}

/// Detaches link `id` as a stranger would; whether the kernel took it.
fn detach(id: u32) -> bool {
    const BY_NUMBER: libc::c_long = 30;
    const DETACH: libc::c_long = 34;
    let call = |what: libc::c_long, number: u32| {
        let attributes = [number, 0, 0];
        // SAFETY: the kernel reads the attributes, which are as long as it is told.
        unsafe {
            libc::syscall(
                libc::SYS_bpf,
                what,
                &raw const attributes,
                size_of_val(&attributes),
            )
        }
    };
    let fd = i32::try_from(call(BY_NUMBER, id)).unwrap();
    assert!(fd >= 0, "link {id}: {}", std::io::Error::last_os_error());
    let done = call(DETACH, fd.cast_unsigned()) == 0;
    nix::unistd::close(fd).unwrap();
    done
}

/// The program becomes another user's between its two execs.
#[test]
#[ignore = "needs root"]
fn kind_7_the_user_is_told_as_it_is_at_each_event() {
    on_machine_for!(Ebpf);
    for mode in host::modes() {
        let (ran, journal, _) = watched(mode, || {
            run(Command::new("setpriv").args(["--clear-groups", "--reuid=65534", "/bin/true"]))
        });
        let users = |kind| {
            let all = about(&journal, ran.pid, kind);
            all.iter().map(|one| one.euid).collect::<Vec<_>>()
        };
        assert_eq!(users(Kind::Fork), [Some(0)]);
        assert_eq!(users(Kind::Exec), [Some(0), Some(65534)]);
        assert_eq!(users(Kind::Exit), [Some(65534)]);
    }
}

#[test]
#[ignore = "needs root"]
fn argv_is_told_as_it_was_passed() {
    on_machine_for!(Ebpf);
    for mode in host::hooks() {
        let dir = tempfile::tempdir().unwrap();
        let actor = actor(dir.path());
        let odd: Vec<&[u8]> = vec![b"nop", b"two\nlines", b"\xff\xfe", b"", b" ", b"\x1b[0m"];
        let many = vec![&b"x"[..]; 2000];
        let long = [b"nop".to_vec(), vec![b'y'; 5000]];
        let long: Vec<&[u8]> = long.iter().map(Vec::as_slice).collect();
        let before = crate::common::clock::now();
        let (ran, journal, counters) = watched(mode, || {
            [&odd, &many, &long].map(|words| {
                run(Command::new(&actor)
                    .arg0("a")
                    .args(words.iter().map(|w| OsStr::from_bytes(w))))
            })
        });
        for (ran, words) in ran.iter().zip([&odd, &many, &long]) {
            check_life(&journal, ran, std::process::id());
            let exec = about(&journal, ran.pid, Kind::Exec);
            let argv = argv_bytes([&b"a"[..]].iter().chain(words));
            assert_eq!(exec.len(), 1);
            assert_eq!(exec[0].argv, Some(&argv[..argv.len().min(4096)]));
            assert_eq!(
                (exec[0].cut.argv, exec[0].cut.exe),
                (argv.len() > 4096, false)
            );
            assert_eq!(exec[0].exe, Some(actor.as_os_str().as_bytes()));
            assert_eq!(exec[0].ppid, Some(std::process::id()));
            assert!((before..=exec[0].received).contains(&exec[0].happened));
        }
        assert_eq!(counters.reported_lost["ring_full"], 0);
    }
}

#[test]
#[ignore = "needs root"]
fn an_empty_argv_is_what_the_kernel_made_of_it() {
    on_machine_for!(Ebpf);
    for mode in host::hooks() {
        let dir = tempfile::tempdir().unwrap();
        let actor = actor(dir.path());
        let (ran, journal, _) = watched(mode, || run(&mut act(&actor, "no-argv")));
        let execs = about(&journal, ran.pid, Kind::Exec);
        assert_eq!(execs.len(), 2);
        // One empty argument since 5.18, and in some stable kernels before.
        assert!(
            matches!(execs[1].argv, Some(b"" | b"\0")),
            "{:?}",
            execs[1].argv
        );
    }
}

#[test]
#[ignore = "needs root"]
fn every_way_to_make_a_process_is_seen() {
    on_machine_for!(Ebpf);
    for mode in host::hooks() {
        let dir = tempfile::tempdir().unwrap();
        let actor = actor(dir.path());
        let (ran, journal, _) = watched(mode, || {
            ["vfork", "spawn"].map(|what| run(&mut act(&actor, what)))
        });
        for (ran, status, execs) in [(&ran[0], 3 << 8, 0), (&ran[1], 0, 1)] {
            check_life(&journal, ran, std::process::id());
            let child = Ran {
                pid: ran.ids[0],
                status,
                ids: Vec::new(),
            };
            check_life(&journal, &child, ran.pid);
            assert_eq!(about(&journal, child.pid, Kind::Exec).len(), execs);
        }
    }
}

#[test]
#[ignore = "needs root"]
fn threads_are_not_processes() {
    on_machine_for!(Ebpf);
    let dir = tempfile::tempdir().unwrap();
    let actor = actor(dir.path());
    // Each by itself, or one that fails would hide behind the next.
    for mode in host::modes() {
        let words = ["threads", "leader-first", "exec-from-thread"];
        let (ran, journal, _) = watched(mode, || {
            let mut all: Vec<_> = words
                .iter()
                .map(|what| run(&mut act(&actor, what)))
                .collect();
            all.extend((0..200).map(|_| run(&mut act(&actor, "at-once"))));
            all
        });
        for ran in &ran {
            check_life(&journal, ran, std::process::id());
            for thread in &ran.ids {
                assert!(
                    journal.events.iter().all(|event| event.pid != *thread),
                    "{thread}"
                );
            }
        }
        assert_eq!((ran[0].ids.len(), ran[2].ids.len()), (3, 1));
        let execs = about(&journal, ran[2].pid, Kind::Exec);
        let argv = argv_bytes(["actor", "nop", "from a thread"]);
        assert_eq!(execs.len(), 2);
        assert_eq!(execs[1].argv, Some(&argv[..]));
    }
}

#[test]
#[ignore = "needs root"]
fn a_killed_process_has_its_signal_as_status() {
    on_machine_for!(Ebpf);
    for mode in host::hooks() {
        let dir = tempfile::tempdir().unwrap();
        let actor = actor(dir.path());
        let (pid, journal, _) = watched(mode, || {
            let mut child = act(&actor, "wait").stdin(Stdio::piped()).spawn().unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            child.id()
        });
        check_life(
            &journal,
            &Ran {
                pid,
                status: 9,
                ids: Vec::new(),
            },
            std::process::id(),
        );
    }
}

/// Two captures side by side: what the one with the small ring lacks is what it reports as lost. Both see
/// the whole machine, and the large one for longer: what others did while only it was there may be
/// lost to the small one or not be its business. On a quiet machine there is nothing of that.
#[test]
#[ignore = "needs root"]
fn a_full_ring_is_counted_to_the_event() {
    on_machine_for!(Ebpf);
    let dir = tempfile::tempdir().unwrap();
    let actor = actor(dir.path());
    let long = "y".repeat(5000);
    let large = host::Watch::start("16M", host::hooks()[0]);
    let small = host::Watch::start("4k", host::hooks()[0]);
    let began = crate::common::clock::now();
    for _ in 0..50 {
        run(act(&actor, "nop").arg(&long));
    }
    let ended = crate::common::clock::now();
    let (few, counted) = small.stop();
    let (all, nothing) = large.stop();
    let [few, all] = [few, all].map(|spool| host::decode(&spool).events);
    let mut told: HashMap<_, usize> = HashMap::new();
    for event in &few {
        *told.entry((event.kind, event.pid)).or_default() += 1;
    }
    let (mut surely, mut perhaps) = (0, 0);
    for event in &all {
        match told.get_mut(&(event.kind, event.pid)) {
            Some(count) if *count > 0 => *count -= 1,
            _ if (began..=ended).contains(&event.happened.unwrap().get()) => surely += 1,
            _ => perhaps += 1,
        }
    }
    let reported_lost = counted.reported_lost["ring_full"];
    assert!(
        surely >= 50,
        "a record of more than 4 KiB cannot fit: {surely}"
    );
    assert!(
        (surely..=surely + perhaps).contains(&reported_lost),
        "{reported_lost} reported lost of {surely} lost and {perhaps} that began or ended with the capture"
    );
    assert_eq!(nothing.reported_lost["ring_full"], 0);
}

#[test]
fn a_ring_the_kernel_cannot_make_is_refused() {
    let says = |size| {
        let options = Options::new("ebpf", OPTIONS, [("ring", size)]).unwrap();
        ring_size(&options).map_err(|error| error.to_string())
    };
    assert_eq!(says("16M"), Ok(16 << 20));
    for size in ["3M", "1k", "0", "4G"] {
        let why = says(size).unwrap_err();
        assert!(
            why.starts_with(&format!("ebpf{{ring={size}}}: must be a power of two")),
            "{why}"
        );
    }
}
