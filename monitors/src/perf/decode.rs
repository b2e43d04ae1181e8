//! Records to events: pure.
//!
//! A frame is what one ring had, or the word that everything before a time is complete. A record waits
//! for that word, because which end is a process's (common/thread_group.rs) is only known in the order
//! of time, and another CPU's ring may be read later. A record that comes after the word is taken
//! then: a virtual CPU that is taken off between stamping and writing for a millisecond can do that.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed, Nanos, Pid};

use crate::common::thread_group::{Ended, Threads};

const RECORDS: u8 = 0;
const COMPLETE: u8 = 1;
const COMM: u32 = 3;
const EXIT: u32 = 4;
const FORK: u32 = 7;
const LOST: u32 = 2;
const MISC_COMM_EXEC: u16 = 1 << 13;
/// Type, misc and size.
const HEAD: usize = 8;

/// The beginning of a frame with the records of a ring.
pub(super) fn records(ring: u32) -> [u8; 5] {
    let [a, b, c, d] = ring.to_le_bytes();
    [RECORDS, a, b, c, d]
}

/// A frame that says that nothing stamped before `time` will come any more.
pub(super) fn complete(time: Nanos) -> [u8; 9] {
    let mut bytes = [COMPLETE; 9];
    bytes[1..].copy_from_slice(&time.to_le_bytes());
    bytes
}

/// What LOST records among `bytes` say.
pub(super) fn lost(bytes: &[u8]) -> u64 {
    let lost = Records(bytes).filter_map(Result::ok);
    let lost = lost.filter(|record| record.kind == LOST);
    lost.filter_map(|record| long(record.body, 8)).sum()
}

/// How many records of a fork, of processes and threads, `bytes` hold.
pub(super) fn forks(bytes: &[u8]) -> u64 {
    let forks = Records(bytes).filter(|record| record.as_ref().is_ok_and(|one| one.kind == FORK));
    forks.count() as u64
}

#[derive(Default)]
pub(super) struct Decoder {
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// How many have ever waited: of two stamped alike the first to come is the first.
    count: u64,
    threads: Threads,
}

/// By time, then by order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    happened: Nanos,
    order: u64,
    received: Nanos,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Fork { pid: Pid, tid: Pid, ppid: Pid },
    Exec { pid: Pid },
    Exit { pid: Pid, tid: Pid },
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        match frame.bytes.split_first() {
            Some((&RECORDS, rest)) if rest.len() >= 4 => self.take(frame, &rest[4..]),
            Some((&COMPLETE, rest)) => {
                let time = rest.try_into().map(Nanos::from_le_bytes);
                let time = time.map_err(|_| malformed(frame, "is no time"))?;
                self.release(time, out);
                Ok(())
            }
            _ => Err(malformed(frame, "is of no known kind")),
        }
    }

    fn finish(&mut self, out: &mut EventLog) {
        self.release(Nanos::MAX, out);
        for (pid, ended) in self.threads.finish() {
            exit(pid, Some(ended), out);
        }
    }
}

impl Decoder {
    fn take(&mut self, frame: Frame<'_>, bytes: &[u8]) -> Result<(), Malformed> {
        for record in Records(bytes) {
            let record = record.map_err(|why| malformed(frame, why))?;
            let read = record.read();
            let said = read.ok_or_else(|| malformed(frame, "has a record cut short"))?;
            if let Some((happened, what)) = said {
                let (order, received) = (self.count, frame.received);
                self.count += 1;
                self.waiting.push(Reverse(Waiting {
                    happened,
                    order,
                    received,
                    what,
                }));
            }
        }
        Ok(())
    }

    fn release(&mut self, before: Nanos, out: &mut EventLog) {
        while let Some(Reverse(next)) = self.waiting.peek().copied()
            && next.happened < before
        {
            self.waiting.pop();
            self.settle(next, out);
        }
    }

    fn settle(&mut self, waiting: Waiting, out: &mut EventLog) {
        let Waiting {
            happened,
            received,
            what,
            ..
        } = waiting;
        let mut tell = |kind, pid, ppid| {
            out.push(EventRef {
                happened,
                ppid,
                ..EventRef::new(kind, pid, received)
            });
        };
        let ended = Ended {
            happened,
            received,
            status: None,
        };
        match what {
            What::Fork { pid, tid, .. } if pid != tid => self.threads.began(pid),
            What::Fork { pid, ppid, .. } => {
                let last = self.threads.forked(pid);
                tell(Kind::Fork, pid, Some(ppid));
                exit(pid, last, out);
            }
            What::Exec { pid } => {
                self.threads.executed(pid);
                tell(Kind::Exec, pid, None);
            }
            What::Exit { pid, tid } if pid == tid => {
                exit(pid, self.threads.first_ended(pid, ended), out);
            }
            What::Exit { pid, .. } => exit(pid, self.threads.other_ended(pid, ended), out),
        }
    }
}

fn exit(pid: Pid, ended: Option<Ended>, out: &mut EventLog) {
    let Some(ended) = ended else {
        return;
    };
    out.push(EventRef {
        happened: ended.happened,
        ..EventRef::new(Kind::Exit, pid, ended.received)
    });
}

struct Record<'a> {
    kind: u32,
    misc: u16,
    body: &'a [u8],
}

impl Record<'_> {
    /// What it says and when; nothing for records of other kinds. `None` when it is too short.
    fn read(&self) -> Option<Option<(Nanos, What)>> {
        let word = |index: usize| word(self.body, 4 * index);
        Some(match self.kind {
            FORK | EXIT => {
                let (pid, ppid, tid) = (word(0)?, word(1)?, word(2)?);
                let what = if self.kind == FORK {
                    What::Fork { pid, tid, ppid }
                } else {
                    What::Exit { pid, tid }
                };
                Some((long(self.body, 16)?, what))
            }
            COMM if self.misc & MISC_COMM_EXEC != 0 => {
                // Behind pid, tid and a name of some length stands the time.
                let at = self.body.len().checked_sub(8).filter(|&at| at >= 8)?;
                Some((long(self.body, at)?, What::Exec { pid: word(0)? }))
            }
            _ => None,
        })
    }
}

/// Takes records off the front; what is not a whole one is the last.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let size = self
            .0
            .get(6..HEAD)
            .map(|size| u16::from_ne_bytes([size[0], size[1]]));
        let size = usize::from(size.unwrap_or(0));
        let whole = self.0.split_at_checked(size).filter(|_| size >= HEAD);
        let Some((record, rest)) = whole else {
            self.0 = &[];
            return Some(Err("has a record cut off"));
        };
        self.0 = rest;
        Some(Ok(Record {
            kind: word(record, 0)?,
            misc: u16::from_ne_bytes([record[4], record[5]]),
            body: &record[HEAD..],
        }))
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    word.try_into().ok().map(u32::from_ne_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    let long = bytes.get(at..at + 8)?;
    long.try_into().ok().map(u64::from_ne_bytes)
}

fn malformed(frame: Frame<'_>, what: &str) -> Malformed {
    let length = frame.bytes.len();
    Malformed(format!(
        "perf frame of {length} bytes {what}: was the spool written by another version?"
    ))
}

/// How many records there are, beside those that tell of a loss.
#[cfg(test)]
pub(super) fn count(bytes: &[u8]) -> u64 {
    let records = Records(bytes).map(Result::unwrap);
    records.filter(|record| record.kind != LOST).count() as u64
}

/// A frame with only the records of `own`.
#[cfg(test)]
pub(super) fn only(own: &[Pid], bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes[0] == COMPLETE {
        return Some(bytes.to_vec());
    }
    let (head, body) = bytes.split_at(5);
    let mut kept = head.to_vec();
    let mut at = 0;
    for record in Records(body).map(Result::unwrap) {
        let next = at + HEAD + record.body.len();
        if own.contains(&word(record.body, 0).unwrap()) {
            kept.extend(&body[at..next]);
        }
        at = next;
    }
    (kept.len() > head.len()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, misc: u16, words: &[u32], time: u64) -> Vec<u8> {
        let mut bytes = kind.to_ne_bytes().to_vec();
        bytes.extend(misc.to_ne_bytes());
        bytes.extend(((HEAD + 4 * words.len() + 8) as u16).to_ne_bytes());
        bytes.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
        bytes.extend(time.to_ne_bytes());
        bytes
    }

    fn fork(pid: u32, tid: u32, time: u64) -> Vec<u8> {
        let mut bytes = record(FORK, 0, &[pid, 1, tid, 1], time);
        bytes.extend(time.to_ne_bytes());
        bytes[6] += 8;
        bytes
    }

    fn end(pid: u32, tid: u32, time: u64) -> Vec<u8> {
        let mut bytes = fork(pid, tid, time);
        bytes[..4].copy_from_slice(&EXIT.to_ne_bytes());
        bytes
    }

    /// What rings say, one after the other.
    fn said(rings: &[Vec<u8>]) -> Vec<String> {
        let (mut decoder, mut out) = (Decoder::default(), EventLog::default());
        let mut frame = |bytes: &[u8]| {
            let frame = Frame {
                received: 100,
                bytes,
            };
            decoder.frame(frame, &mut out).unwrap();
        };
        for (index, ring) in rings.iter().enumerate() {
            frame(&[&records(index as u32)[..], ring].concat());
        }
        frame(&complete(50));
        let line = |event: &contract::Event| {
            let happened = event.happened.map_or(0, std::num::NonZeroU64::get);
            format!("{} {}@{happened}", event.kind, event.pid)
        };
        out.events.iter().map(line).collect()
    }

    #[test]
    fn a_thread_told_by_another_ring_keeps_its_process_alive() {
        let first = [fork(7, 7, 1), end(7, 7, 3)].concat();
        let second = [fork(7, 8, 2), end(7, 8, 4)].concat();
        assert_eq!(said(&[first, second]), ["fork 7@1", "exit 7@4"]);
    }

    #[test]
    fn a_name_is_an_exec_only_when_it_says_so_and_nothing_is_told_early() {
        let named = [
            record(COMM, 0, &[7, 7, 0, 0], 1),
            record(COMM, MISC_COMM_EXEC, &[7, 7, 0, 0], 2),
            fork(9, 9, 60),
        ];
        assert_eq!(said(&[named.concat()]), ["exec 7@2"]);
    }

    #[test]
    fn losses_are_added_up() {
        let one = record(LOST, 0, &[1, 0, 5, 0], 9);
        let bytes = [one.clone(), fork(7, 7, 1), one, end(7, 7, 2)].concat();
        assert_eq!((lost(&bytes), forks(&bytes)), (10, 1));
    }
}
