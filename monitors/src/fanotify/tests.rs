//! Against recorded bytes, and as root against the kernel.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use contract::{EventLog, Frame, Kind, Monitor};
use proptest::prelude::*;

use super::Fanotify;
use super::decode::around;
use super::file::{NextOpen, next};
use crate::test_support::{self, of, on_machine_for, takes, watch};

const RECORDED: &str = "fanotify/sh.spool";

/// A script, `#!/bin/sh`, `/bin/true; exec /sbin/ldconfig --version`: the latter has no loader.
#[test]
fn recorded_bytes_decode_to_what_happened() {
    test_support::recorded(&Fanotify, RECORDED);
}

/// What a file of these bytes next to.
fn of_bytes(bytes: &[u8]) -> Option<NextOpen> {
    next(&|offset, length| {
        let start = usize::try_from(offset).ok()?;
        Some(bytes.get(start..start.checked_add(length)?)?.to_vec())
    })
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        takes(&Fanotify, &bytes);
        let _ = of_bytes(&bytes);
        let _ = of_bytes(&[b"\x7fELF\x02".to_vec(), bytes].concat());
    }
}

#[test]
fn a_file_shows_what_it_leads_to() {
    let own = std::fs::read("/proc/self/exe").unwrap();
    let Some(NextOpen::HereBy(loader)) = of_bytes(&own) else {
        panic!("{:?}", of_bytes(&own))
    };
    assert!(std::path::Path::new(std::str::from_utf8(&loader).unwrap()).exists());
    let loader = std::fs::read(std::str::from_utf8(&loader).unwrap()).unwrap();
    assert_eq!(of_bytes(&loader), Some(NextOpen::Here));
    let mut foreign = own.clone();
    foreign[18] = 0xee;
    for nothing in [
        &own[..64],
        &own[..128],
        &foreign,
        b"#!/bin/sh\n",
        b"echo",
        b"",
    ] {
        assert_eq!(of_bytes(nothing), None);
    }
}

/// Execs of files, as (pid, path, loader or "", whether the queue was empty before).
fn told(opened: &[(i32, &str, &str, bool)]) -> Vec<String> {
    let (mut decoder, mut out) = (Fanotify.decoder(), EventLog::default());
    for &(pid, path, loader, fresh) in opened {
        let next = match loader {
            "" => NextOpen::Here,
            "-" => NextOpen::Elsewhere,
            loader => NextOpen::HereBy(loader.into()),
        };
        let (before, after) = around(pid, &next, fresh);
        let bytes = [&before, path.as_bytes(), &after].concat();
        let frame = Frame {
            received: 1,
            bytes: &bytes,
        };
        decoder.frame(frame, &mut out).unwrap();
    }
    let said = out.events.iter().map(|event| out.report(event));
    let said = said.map(|exec| {
        format!(
            "{} {}",
            exec.pid,
            String::from_utf8_lossy(exec.exe.unwrap())
        )
    });
    said.collect()
}

#[test]
fn an_exec_is_told_with_its_last_file() {
    const LD: &str = "/usr/lib/ld.so";
    let one = [
        (7, "/a", LD, true),
        (8, "/s", "-", false),
        (7, LD, "", false),
        (8, "/b", "", false),
    ];
    assert_eq!(told(&one), ["7 /a", "8 /b"]);
    // It failed: its loader was not opened.
    assert_eq!(told(&[(7, "/a", LD, true), (7, "/b", "", true)]), ["7 /b"]);
    // The loader itself, as a program.
    assert_eq!(told(&[(7, LD, "", true)]), ["7 /usr/lib/ld.so"]);
    // In a container it is called otherwise.
    assert_eq!(
        told(&[
            (7, "/a", "/lib64/ld-linux.so.2", true),
            (7, "/c/ld-2.31.so", "", true)
        ]),
        ["7 /a"]
    );
}

#[test]
fn a_loader_whose_event_became_one_with_the_last_is_not_waited_for() {
    const LD: &str = "/usr/lib/ld.so";
    let merged = [
        (7, "/a", LD, true),
        (7, LD, "", false),
        (7, "/b", LD, false),
        (7, "/c", LD, false),
    ];
    assert_eq!(told(&merged), ["7 /a", "7 /b", "7 /c"]);
    // It has one of its own after all: it was opened when the first had been read.
    let apart = [
        merged[0],
        merged[1],
        merged[2],
        (7, LD, "", true),
        (7, "/c", "", false),
    ];
    assert_eq!(told(&apart), ["7 /a", "7 /b", "7 /c"]);
    // The first had been read before: it must come.
    let read = [
        merged[0],
        merged[1],
        (7, "/b", LD, true),
        (7, "/c", "", true),
    ];
    assert_eq!(told(&read), ["7 /a", "7 /c"]);
}

#[test]
#[ignore = "needs root"]
fn each_exec_is_told_once() {
    on_machine_for!(Fanotify);
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    std::fs::write(&script, "#!/bin/sh\nexec /bin/true\n").unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let (journal, _, _, pid) = watch(&Fanotify, &[], || {
        let mut child = Command::new(&script).spawn().unwrap();
        child.wait().unwrap();
        child.id()
    });
    let told = of(&journal, Kind::Exec, pid);
    let told: Vec<_> = told.iter().map(|exec| exec.exe.unwrap()).collect();
    let real = |path| std::fs::canonicalize(path).unwrap().into_os_string();
    let expected = ["/bin/sh", "/bin/true"].map(real);
    assert_eq!(
        told,
        expected.each_ref().map(|path| path.as_encoded_bytes())
    );
}

#[test]
#[ignore = "needs root"]
fn what_is_recorded_decodes() {
    on_machine_for!(Fanotify);
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    std::fs::write(
        &script,
        "#!/bin/sh\n/bin/true\nexec /sbin/ldconfig --version\n",
    )
    .unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let (_, _, path, first) = watch(&Fanotify, &[], || {
        let mut child = Command::new(&script).spawn().unwrap();
        child.wait().unwrap();
        child.id()
    });
    // Nothing of other processes: what the script starts has the next pid.
    test_support::record(&Fanotify, RECORDED, &path, |frame| {
        let (pid, _) = frame.bytes.split_first_chunk::<4>()?;
        let own = [first, first + 1].contains(&u32::from_le_bytes(*pid));
        own.then(|| frame.bytes.to_vec())
    });
}
