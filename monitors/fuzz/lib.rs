//! What every fuzz target does: any bytes are frames, and a decoder must take any frame.

use contract::{Frame, EventLog};

/// A spool's magic and the head of a frame: stamp and length.
const MAGIC: usize = 8;
const HEAD: usize = 12;

/// Decodes `bytes` as a spool whose lengths are believed as far as there are bytes, so that a
/// change of one length does not hide everything behind it from the decoder.
pub fn decode(monitor: &str, bytes: &[u8]) {
    let monitor = monitors::find(monitor).expect("the target's name is a monitor");
    let mut decoder = monitor.decoder();
    let mut journal = EventLog::default();
    let mut rest = bytes.get(MAGIC..).unwrap_or_default();
    while let Some((head, more)) = rest.split_at_checked(HEAD) {
        let (stamp, length) = head.split_at(8);
        let received = u64::from_le_bytes(stamp.try_into().expect("8 bytes"));
        let length = u32::from_le_bytes(length.try_into().expect("4 bytes"));
        let (bytes, next) = more.split_at(more.len().min(length as usize));
        rest = next;
        // What is malformed is said so and skipped; what comes after must still decode.
        let _ = decoder.frame(Frame { received, bytes }, &mut journal);
    }
    decoder.finish(&mut journal);
    for event in &journal.events {
        // Every span lies inside the arena.
        let report = journal.report(event);
        std::hint::black_box((report.exe, report.argv));
    }
}
