use super::*;

#[test]
fn details_come_back_and_damage_is_refused() {
    let mut made = DetailsBuf::default();
    let cwd = Value::Text {
        bytes: b"/x",
        cut: true,
    };
    made.text(Field::Path, b"./a\n\xff");
    made.put(Field::Cwd, cwd);
    made.number(Field::Uid, 7_u32);
    made.text(Field::Tty, b"");
    made.number(Field::StartNs, u64::MAX);
    let bytes = made.details().bytes();
    let read = Details::read(bytes).unwrap();
    assert_eq!(read, made.details());
    assert_eq!(read.get(Field::Cwd), Some(cwd));
    assert_eq!(read.number(Field::Uid), Some(7));
    assert_eq!(read.number(Field::StartNs), Some(u64::MAX));
    assert_eq!(
        (read.get(Field::Comm), read.number(Field::Tty)),
        (None, None)
    );
    assert_eq!(read.iter().count(), 5);
    let mut both = DetailsBuf::default();
    both.text(Field::Comm, b"a");
    both.number(Field::Uid, 8_u32);
    both.add(read);
    let fields: Vec<_> = both.details().iter().map(|one| one.0.as_str()).collect();
    assert_eq!(fields, ["path", "comm", "cwd", "uid", "tty", "start_ns"]);
    assert_eq!(both.details().number(Field::Uid), Some(8));
    // Cut between two it is whole again.
    let whole = |length: usize| Details::read(&bytes[..length]).is_ok();
    assert_eq!((0..=bytes.len()).filter(|&length| whole(length)).count(), 6);
    let again = [bytes, bytes].concat();
    assert!(Details::read(&again).is_err());
    assert!(Details::read(&[Field::Exe as u8; 20]).is_err());
    assert!(Details::read(&[Field::Uid as u8 | CUT; 9]).is_err());
}
