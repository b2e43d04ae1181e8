//! The path of what was executed, held against what /proc names while it lives.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;

use contract::Kind;

use super::super::Ebpf;
use super::host::{self, about, act, named, run, watched};
use crate::test_support::{actor, on_machine_for};

#[test]
#[ignore = "needs root"]
fn exe_is_what_proc_says() {
    on_machine_for!(Ebpf);
    for mode in host::hooks() {
        let dir = tempfile::tempdir().unwrap();
        let actor_file = actor(dir.path());
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        let [link, other, doomed] = ["link", "other", "doomed"].map(|name| dir.path().join(name));
        symlink(&actor_file, &link).unwrap();
        let mounted = memory.path().join("actor");
        let deep = (0..20).fold(dir.path().to_owned(), |path, _| path.join("d".repeat(100)));
        std::fs::create_dir_all(&deep).unwrap();
        for copy in [&other, &doomed, &mounted, &deep.join("actor")] {
            std::fs::copy(&actor_file, copy).unwrap();
        }
        let root = dir.path().to_owned();
        let mut jailed = act(Path::new("/other"), "wait");
        // SAFETY: chroot is one system call, made in the child before it executes.
        unsafe { jailed.pre_exec(move || Ok(nix::unistd::chroot(&root)?)) };
        let (ran, journal, _) = watched(mode, || {
            let mut all: Vec<_> = [&link, &mounted, &deep.join("actor")]
                .map(|file| named(&mut act(file, "wait"), || ()))
                .into();
            all.push(named(&mut jailed, || ()));
            all.push(named(&mut act(&actor_file, "memfd"), || ()));
            all.push(named(&mut act(&doomed, "wait"), || {
                std::fs::remove_file(&doomed).unwrap();
            }));
            all
        });
        for (pid, name) in &ran {
            let execs = about(&journal, *pid, Kind::Exec);
            let told = execs.last().unwrap().exe.map(OsStr::from_bytes);
            assert_eq!(told, Some(name.as_os_str()));
        }
        assert_eq!(ran[4].1, Path::new("/memfd:x (deleted)"));
    }
}

#[test]
#[ignore = "needs root"]
fn a_file_deleted_before_it_runs_is_named_so() {
    on_machine_for!(Ebpf);
    for mode in host::hooks() {
        let dir = tempfile::tempdir().unwrap();
        let file = actor(dir.path());
        let held = std::fs::File::open(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let descriptor = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&held));
        let by_descriptor = format!("/proc/{}/fd{}", std::process::id(), &descriptor[13..]);
        let (ran, journal, _) = watched(mode, || {
            named(&mut act(Path::new(&by_descriptor), "wait"), || ())
        });
        let execs = about(&journal, ran.0, Kind::Exec);
        assert!(ran.1.to_string_lossy().ends_with("/actor (deleted)"));
        assert_eq!(execs[0].exe, Some(ran.1.as_os_str().as_bytes()));
    }
}

#[test]
#[ignore = "needs root"]
fn a_path_too_deep_is_marked_and_keeps_its_end() {
    on_machine_for!(Ebpf);
    for mode in host::hooks() {
        let dir = tempfile::tempdir().unwrap();
        let deep = (0..120).fold(dir.path().to_owned(), |path, _| path.join("d"));
        std::fs::create_dir_all(&deep).unwrap();
        let file = actor(&deep);
        let (ran, journal, _) = watched(mode, || run(&mut act(&file, "nop")));
        let execs = about(&journal, ran.pid, Kind::Exec);
        assert!(execs[0].cut.exe);
        let end = execs[0].exe.unwrap();
        assert!(end.len() > 100 && file.as_os_str().as_bytes().ends_with(end));
    }
}
