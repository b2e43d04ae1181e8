use super::*;
use contract::{Details, Value};

#[test]
fn what_a_child_has_is_what_it_finds() {
    let found = Inherited::of_children((7, 8), "/x");
    assert_eq!(
        found.pid_ns,
        fs::metadata("/proc/thread-self/ns/pid")
            .ok()
            .map(|one| one.ino() as u32)
    );
    assert_eq!(
        found.session,
        Some(nix::unistd::getsid(None).unwrap().as_raw() as u32)
    );
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Inherited::read(dir.path()).unwrap(), None);
    found.write(dir.path()).unwrap();
    assert_eq!(Inherited::read(dir.path()).unwrap(), Some(found.clone()));
    let details = found.details(Some("/bin/a-name-of-twenty-bytes"));
    let details: Details<'_> = details.details();
    let text = |field| match details.get(field) {
        Some(Value::Text { bytes, .. }) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    assert_eq!(text(Field::Comm), "a-name-of-twent");
    assert_eq!(text(Field::Cwd), "/x");
    assert_eq!(details.number(Field::Gid), Some(8));
    assert_eq!(Details::read(details.bytes()).unwrap(), details);
    assert_eq!(found.details(None).details().get(Field::Path), None);
}
