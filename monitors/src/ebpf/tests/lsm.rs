//! What LSM hooks tell of a process, and what they do not. On a machine without `bpf` among its security modules
//! these tests say so.

use std::io::Read;
use std::process::Command;

use aya::maps::{Map, RingBuf};
use aya::programs::Lsm;
use aya::{Btf, EbpfLoader};
use contract::{Field, Kind, Options};
use nix::sched::CloneFlags;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::super::probe::OBJECT;
use super::super::{Ebpf, OPTIONS};
use super::host::{self, Watch, about, decode, run};
use crate::test_support::{Forked, on_machine_for, wait_to_be_killed};

/// A child that has ended stays a zombie until its parent has waited for it. The tracepoint has told of the exit
/// by then; task_free has not, because a zombie still has its task.
#[test]
#[ignore = "needs root"]
fn an_exit_is_told_only_when_its_parent_has_waited() {
    on_machine_for!(Ebpf);
    for mode in host::hooks() {
        let watch = Watch::start("16M", mode);
        let mut child = Command::new("/bin/true").spawn().unwrap();
        let pid = child.id();
        let id = Id::Pid(Pid::from_raw(pid.cast_signed()));
        let left = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        waitid(id, left).unwrap();
        watch.settle();
        let told = watch.events();
        let due = usize::from(Some(mode) != host::by_lsm());
        let exits = |journal| about(journal, pid, Kind::Exit).len();
        assert_eq!(exits(&told), due, "exits of a zombie, {mode:?}");
        child.wait().unwrap();
        let journal = decode(&watch.stop().0);
        assert_eq!(exits(&journal), 1, "{mode:?}");
    }
}

/// A fork that fails behind task_alloc is undone by task_free, with a task that has its caller's pid.
#[test]
#[ignore = "needs root"]
fn a_fork_that_failed_is_no_exit() {
    on_machine_for!(Ebpf);
    let Some(mode) = host::by_lsm() else {
        return;
    };
    let watch = Watch::start("16M", mode);
    let (mut failures, mut said) = std::io::pipe().unwrap();
    let child = Forked::new(|begun| {
        nix::unistd::setuid(65534.into()).unwrap();
        // SAFETY: it has no right to a namespace of its own, so no process is made.
        let made = unsafe {
            let flags = CloneFlags::CLONE_NEWUTS.bits() | libc::SIGCHLD;
            libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0)
        };
        std::io::Write::write_all(&mut said, &[u8::from(made == -1)]).unwrap();
        begun();
        wait_to_be_killed()
    });
    let mut failed = [0];
    failures.read_exact(&mut failed).unwrap();
    assert_eq!(failed, [1], "clone(CLONE_NEWUTS) without the right to it");
    let pid = child.pid();
    watch.settle();
    assert!(about(&watch.events(), pid, Kind::Exit).is_empty());
    child.kill();
    let journal = decode(&watch.stop().0);
    assert_eq!(about(&journal, pid, Kind::Exit)[0].status, Some(9));
    assert_eq!(about(&journal, pid, Kind::Exit).len(), 1);
}

/// Why forks come by a tracepoint even so: in task_alloc the child still has the pid of its caller.
#[test]
#[ignore = "needs root"]
fn task_alloc_does_not_know_the_pid_of_a_fork() {
    on_machine_for!(Ebpf);
    if host::by_lsm().is_none() {
        return;
    }
    let btf = Btf::from_sys_fs().unwrap();
    let mut loader = EbpfLoader::new();
    let loader = loader.btf(Some(&btf)).map_max_entries("RING", 1 << 20);
    let mut bpf = loader.load(OBJECT).unwrap();
    let hook: &mut Lsm = bpf.program_mut("on_alloc").unwrap().try_into().unwrap();
    hook.load("task_alloc", &btf).unwrap();
    hook.attach().unwrap();
    let pids: Vec<u32> = (0..20)
        .map(|_| run(&mut Command::new("/bin/true")).pid)
        .collect();
    let Some(Map::RingBuf(map)) = bpf.take_map("RING") else {
        panic!("the object has no RING");
    };
    let mut ring = RingBuf::try_from(Map::RingBuf(map)).unwrap();
    let mut told = Vec::new();
    while let Some(record) = ring.next() {
        told.push(u32::from_ne_bytes(record[4..8].try_into().unwrap()));
    }
    let caller = nix::unistd::gettid().as_raw().cast_unsigned();
    let own = told.iter().filter(|pid| **pid == caller).count();
    assert_eq!(own, pids.len(), "{told:?}, of the thread {caller}");
    assert!(pids.iter().all(|pid| !told.contains(pid)), "{told:?}");
}

/// One ring, one format: the same process, told by both kinds of hooks.
#[test]
#[ignore = "needs root"]
fn both_kinds_of_hooks_tell_the_same() {
    on_machine_for!(Ebpf);
    let mut hooks = host::hooks();
    let Some(by_lsm) = host::by_lsm() else {
        return;
    };
    hooks.truncate(1);
    for fields in ["base", "usual", "all"] {
        let watches = [hooks[0], by_lsm].map(|mode| Watch::with(&[("fields", fields)], mode));
        let mut script = Command::new("/bin/sh");
        let ran = run(script.args(["-c", "exec /usr/bin/env A=1 /bin/true x ''"]));
        let [one, other] = watches.map(|watch| {
            let journal = decode(&watch.stop().0);
            [Kind::Fork, Kind::Exec, Kind::Exit].map(|kind| {
                let all = about(&journal, ran.pid, kind);
                let all = all.iter().map(|one| {
                    let details = Field::ALL.map(|field| format!("{:?}", one.details.get(field)));
                    let names = [one.exe, one.argv].map(|bytes| bytes.map(<[u8]>::to_vec));
                    (one.ppid, one.status, one.euid, names, details)
                });
                all.collect::<Vec<_>>()
            })
        });
        assert_eq!(one.each_ref().map(Vec::len), [1, 3, 1]);
        assert_eq!(one, other, "fields={fields}");
    }
}

#[test]
fn a_kind_of_hooks_that_is_not_there_is_refused() {
    let why = Options::new("ebpf", OPTIONS, [("hook", "kprobe")]).unwrap_err();
    assert!(why.to_string().contains("tracepoint"), "{why}");
}
