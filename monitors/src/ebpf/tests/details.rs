//! The fields beside exe, argv and ppid, held against /proc while the process lives.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use contract::{Details, EventRef, Field, Kind, Value};

use super::super::{Ebpf, Told};
use super::host::{self, Watch, about, act, decode, named};
use crate::test_support::{actor, on_machine_for};

fn proc(pid: u32, name: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap()
}

/// The fields of /proc/PID/stat from the third on.
fn stat(pid: u32) -> Vec<u64> {
    let text = proc(pid, "stat");
    let rest = text.rsplit_once(')').unwrap().1;
    let words = rest.split_whitespace().skip(1);
    words.map(|word| word.parse().unwrap_or(0)).collect()
}

/// What /proc says of the process now.
fn expected(pid: u32) -> Vec<(Field, u64)> {
    let ids = |name| {
        let text = proc(pid, "status");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name).map(str::to_owned));
        let words: Vec<u64> = line
            .unwrap()
            .split_whitespace()
            .map(|one| one.parse().unwrap())
            .collect();
        words
    };
    vec![
        (Field::Uid, ids("Uid:")[0]),
        (Field::Euid, ids("Uid:")[1]),
        (Field::Gid, ids("Gid:")[0]),
        (Field::Auid, proc(pid, "loginuid").trim().parse().unwrap()),
        (Field::Session, stat(pid)[2]),
        (
            Field::PidNs,
            fs::metadata(format!("/proc/{pid}/ns/pid")).unwrap().ino(),
        ),
        (Field::InnerPid, *ids("NSpid:").last().unwrap()),
    ]
}

fn text(details: Details<'_>, field: Field) -> &str {
    match details.get(field) {
        Some(Value::Text { bytes, cut: false }) => std::str::from_utf8(bytes).unwrap(),
        other => panic!("{field}: {other:?}"),
    }
}

fn check(event: &EventRef<'_>, expected: &[(Field, u64)], comm: &str, path: &str) {
    let details = event.details;
    for (field, number) in expected {
        assert_eq!(details.number(*field), Some(*number), "{field}");
    }
    assert_eq!(
        (text(details, Field::Comm), text(details, Field::Path)),
        (comm, path)
    );
    // Its clock is the one that stamps the events.
    let started = details.number(Field::StartNs).unwrap();
    let age = event.happened.checked_sub(started).unwrap();
    assert!(age < 2_000_000_000, "{age} ns old at its exec");
    assert!(details.number(Field::Cgroup).unwrap() > 0);
}

#[test]
#[ignore = "needs root"]
fn details_are_told_as_proc_has_them() {
    on_machine_for!(Ebpf);
    let dir = tempfile::tempdir().unwrap();
    let actor = actor(dir.path());
    let below = dir.path().join("below");
    fs::create_dir(&below).unwrap();
    let path = format!(
        "{}/../{}",
        below.display(),
        actor.file_name().unwrap().display()
    );
    for mode in host::modes() {
        for fields in ["usual", "all"] {
            let watch = Watch::with(&[("fields", fields)], mode);
            let (mut due, mut comm) = (Vec::new(), String::new());
            let mut command = act(path.as_ref(), "wait");
            command.current_dir(&below);
            let (pid, _) = named(&mut command, || {});
            let mut other = Command::new("setpriv");
            other.args(["--clear-groups", "--reuid=65534", "--regid=65533"]);
            other
                .args([actor.as_os_str(), "wait".as_ref()])
                .current_dir("/");
            let (user, _) = named(&mut other, || {});
            let mut alive = act(path.as_ref(), "wait");
            let alive = host::alive(&mut alive, |pid| {
                due = expected(pid);
                comm = proc(pid, "comm").trim().to_owned();
            });
            let journal = decode(&watch.stop().0);
            check(&about(&journal, alive, Kind::Exec)[0], &due, &comm, &path);
            let first = about(&journal, pid, Kind::Exec)[0].details;
            let last = about(&journal, user, Kind::Exec).last().unwrap().details;
            assert_eq!(last.number(Field::Uid), Some(65534));
            assert_eq!(last.number(Field::Gid), Some(65533));
            if fields == "all" {
                assert_eq!(text(first, Field::Cwd), below.to_str().unwrap());
                assert_eq!(text(last, Field::Cwd), "/");
            } else {
                assert_eq!(first.get(Field::Cwd), None);
            }
        }
    }
}

#[test]
fn at_least_fourteen_fields_are_offered() {
    // The status comes with the exit.
    assert_eq!(Told::All.fields().len() + 1, Field::ALL.len());
    assert!(Told::Usual.fields().len() + 1 >= 14);
    assert_eq!(Told::Base.fields().len(), 3);
}
