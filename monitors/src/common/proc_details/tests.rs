use super::*;
use contract::{Details, Value};
use std::os::fd::AsFd;

#[test]
fn what_is_found_of_this_process_is_its_own() {
    let dir = fs::File::open("/proc/self").unwrap();
    let mut fields = Vec::new();
    ProcDetails::new().keep(dir.as_fd(), &mut fields);
    let (tag, bytes) = lookup_codec::next(&mut &fields[..]).unwrap();
    assert_eq!(tag, Tag::Details);
    let found = Details::read(bytes).unwrap();
    let cwd = std::env::current_dir().unwrap();
    let cwd = Value::Text {
        bytes: cwd.as_os_str().as_encoded_bytes(),
        cut: false,
    };
    assert_eq!(found.get(Field::Cwd), Some(cwd));
    let number = |field| found.number(field).unwrap();
    assert_eq!(
        number(Field::Uid),
        u64::from(nix::unistd::getuid().as_raw())
    );
    assert_eq!(number(Field::InnerPid), u64::from(std::process::id()));
    let session = nix::unistd::getsid(None).unwrap().as_raw();
    assert_eq!(number(Field::Session), session as u64);
    let age = clock::now().checked_sub(number(Field::StartNs)).unwrap();
    assert!(age < 3_600_000_000_000, "{age}");
    assert!(number(Field::PidNs) > 0);
}
