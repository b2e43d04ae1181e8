#![no_main]
//! The event line, which programs that may be hostile have a part in: any bytes may be read, and
//! what was read is written and read back the same.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(told) = monitors::event_json::read(bytes) else {
        return;
    };
    let mut line = Vec::new();
    monitors::event_json::write(&told.report(), &mut line);
    let again = monitors::event_json::read(&line).expect("what is written can be read");
    assert_eq!(again, told, "{}", String::from_utf8_lossy(&line));
});
