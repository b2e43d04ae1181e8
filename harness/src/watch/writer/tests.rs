use super::*;
use std::io::{BufRead, BufReader, Read};

fn outbox(room: usize) -> (Outbox, io::PipeReader, UnixStream) {
    let (reader, writer) = io::pipe().unwrap();
    let (stop, stopped) = UnixStream::pair().unwrap();
    let outbox = Outbox::with_room(writer.into(), stopped, room).unwrap();
    (outbox, reader, stop)
}

fn lines(from: usize, to: usize) -> Vec<u8> {
    let line = |number| format!("{number} {}\n", "x".repeat(100));
    (from..to).map(line).collect::<String>().into_bytes()
}

#[test]
fn a_reader_that_sleeps_costs_lines_and_these_are_counted() {
    let (mut outbox, reader, _stop) = outbox(100_000);
    for start in (0..20_000).step_by(10) {
        outbox.take(&mut lines(start, start + 10));
    }
    assert!(outbox.dropped() > 10_000, "{}", outbox.dropped());
    let reading = thread::spawn(move || {
        let lines = BufReader::new(reader).lines().map(Result::unwrap);
        lines
            .map(|line| line[..line.find(' ').unwrap()].parse::<usize>().unwrap())
            .collect::<Vec<_>>()
    });
    let dropped = outbox.close(Duration::from_secs(10)).unwritten;
    let read = reading.join().unwrap();
    assert_eq!(read.len() as u64 + dropped, 20_000);
    assert!(read.is_sorted_by(|a, b| a < b), "out of order");
}

#[test]
fn a_reader_that_never_reads_is_not_waited_for() {
    let (mut outbox, mut reader, _stop) = outbox(100_000);
    outbox.take(&mut lines(0, 2000));
    let dropped = outbox.close(Duration::from_millis(50)).unwritten;
    // The writer still holds what it had; end it, and see what was written before.
    let mut bytes = vec![0; 1 << 16];
    let length = reader.read(&mut bytes).unwrap();
    assert_eq!(count(&bytes[..length]) + dropped, 2000);
}

#[test]
fn a_reader_that_leaves_ends_the_watch_at_once() {
    let (_outbox, reader, mut stop) = outbox(1000);
    drop(reader);
    assert_eq!(stop.read(&mut [0]).unwrap(), 1);
}

#[test]
fn what_fits_is_written_before_take_returns_and_long_lines_arrive_whole() {
    let (mut outbox, mut reader, _stop) = outbox(1000);
    outbox.take(&mut b"a\n".to_vec());
    let mut bytes = [0; 2];
    reader.read_exact(&mut bytes).unwrap();
    let long = [&vec![b'y'; 1 << 20][..], b"\n"].concat();
    outbox.take(&mut long.clone());
    let reading = thread::spawn(move || {
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        all
    });
    let all = Delivery {
        end: End::Told,
        unwritten: 0,
    };
    assert_eq!(outbox.close(Duration::from_secs(10)), all);
    assert_eq!(reading.join().unwrap(), long);
}

#[test]
fn kind_5_only_a_reader_that_closed_its_end_has_left() {
    let (mut outbox, reader, mut stop) = outbox(1000);
    drop(reader);
    assert_eq!(stop.read(&mut [0]).unwrap(), 1);
    outbox.take(&mut lines(0, 3));
    assert_eq!(outbox.close(Duration::from_secs(10)).end, End::Left);
}

#[test]
fn kind_5_an_output_that_fails_says_so_and_counts_what_it_lost() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (mut stop, stopped) = UnixStream::pair().unwrap();
    let mut outbox = Outbox::with_room(full.into(), stopped, 1000).unwrap();
    outbox.take(&mut lines(0, 3));
    assert_eq!(stop.read(&mut [0]).unwrap(), 1);
    let Delivery { end, unwritten } = outbox.close(Duration::from_secs(10));
    let End::Broken(why) = end else {
        panic!("{end:?}")
    };
    assert!(why.contains("No space left"), "{why}");
    assert_eq!(unwritten, 3);
}
