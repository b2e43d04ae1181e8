//! Against recorded bytes, and as root against the kernel.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use contract::{Kind, Monitor, Options};
use proptest::prelude::*;

use super::Fanotify;
use super::file::{Leads, leads};
use crate::rig::{self, as_root, of, takes, watch};

/// A script, `#!/bin/sh`, `/bin/true; exec /sbin/ldconfig --version`: the latter has no loader. Files
/// of other processes are taken out.
#[test]
fn recorded_bytes_decode_to_what_happened() {
    rig::recorded(&Fanotify, "fanotify/sh.spool");
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        takes(&Fanotify, &bytes);
        let _ = leads(&bytes);
        let _ = leads(&[b"\x7fELF".to_vec(), bytes].concat());
    }
}

#[test]
fn a_file_shows_what_it_leads_to() {
    let own = std::fs::read("/proc/self/exe").unwrap();
    assert_eq!(leads(&own[..2048]), Leads::HereByLoader);
    // Its headers end before the one that names the loader.
    assert_eq!(leads(&own[..64]), Leads::Here);
    assert_eq!(leads(b"#!/bin/sh\n"), Leads::ToInterpreter);
    assert_eq!(leads(b"echo"), Leads::Nowhere);
}

#[test]
fn each_exec_is_told_once() {
    as_root!();
    if let Some(missing) = Fanotify.missing(&Options::default()).first() {
        println!("skipped: {missing}");
        return;
    }
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
