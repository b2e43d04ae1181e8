//! Datagrams and looked-up facts to events: pure.
//!
//! The connector tells the end of a process when its first thread ends. Others may live on, so the
//! threads are counted: the process ends with the last of them, or goes on when one of them has
//! executed a program and so taken the first one's place. Of a process whose threads began before
//! the monitor did nothing is known, and the end of the first is taken for its own.

use std::collections::HashMap;

use contract::{Decode, Frame, Journal, Kind, Malformed, Nanos, Pid, Report};

use super::frame::{self, Tag};
use super::wire::{self, Moment, Said, Thread};

/// See the head of this file.
#[derive(Default)]
pub(super) struct Decoder {
    /// Processes that have threads beside their first.
    groups: HashMap<Pid, Group>,
}

#[derive(Default)]
struct Group {
    /// How many there are beside the first.
    others: u32,
    /// How the first one ended, which the process has outlived.
    first: Option<Ended>,
}

#[derive(Clone, Copy)]
struct Ended {
    happened: Nanos,
    received: Nanos,
    status: i32,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Journal) -> Result<(), Malformed> {
        let (datagram, rest) = frame
            .bytes
            .split_at_checked(wire::DATAGRAM)
            .ok_or_else(|| malformed(frame, "shorter than a proc_event"))?;
        let said = wire::read(datagram).ok_or_else(|| malformed(frame, "no proc_event"))?;
        match said {
            Said::Moment(moment) => {
                let report = report(frame, &moment, rest)?;
                if self.takes_effect(&moment, frame.received, out) {
                    out.push(report);
                }
            }
            Said::Thread(thread) => self.thread(thread, frame.received, out),
            Said::Answer { .. } | Said::Other => {}
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Journal) {
        let mut left: Vec<_> = self.groups.drain().collect();
        left.sort_unstable_by_key(|(pid, _)| *pid);
        for (pid, group) in left {
            exit(pid, group.first, out);
        }
    }
}

impl Decoder {
    /// Whether it happened to the process, and not merely to its first thread.
    fn takes_effect(&mut self, moment: &Moment, received: Nanos, out: &mut Journal) -> bool {
        let pid = moment.pid;
        match (moment.kind, moment.status) {
            (Kind::Exit, Some(status)) => {
                if let Some(group) = self.groups.get_mut(&pid).filter(|group| group.others > 0) {
                    let happened = moment.happened;
                    group.first = Some(Ended {
                        happened,
                        received,
                        status,
                    });
                    return false;
                }
                self.groups.remove(&pid);
            }
            // The pid is another process's: the last one's end was waited for in vain.
            (Kind::Fork, _) => {
                let last = self.groups.remove(&pid).and_then(|group| group.first);
                exit(pid, last, out);
            }
            // Of all threads the one that called it is left, and goes by the first one's id.
            _ => drop(self.groups.remove(&pid)),
        }
        true
    }

    fn thread(&mut self, thread: Thread, received: Nanos, out: &mut Journal) {
        let Some(status) = thread.ended else {
            self.groups.entry(thread.process).or_default().others += 1;
            return;
        };
        let Some(group) = self.groups.get_mut(&thread.process) else {
            return;
        };
        group.others = group.others.saturating_sub(1);
        if group.others > 0 {
            return;
        }
        let first = group.first;
        self.groups.remove(&thread.process);
        // Who ends the whole process gives all threads that are left the same status; a thread
        // that merely ends has 0, and then the first one's is the process's.
        let last = first.map(|first| Ended {
            happened: thread.happened,
            received,
            status: if status == 0 { first.status } else { status },
        });
        exit(thread.process, last, out);
    }
}

fn exit(pid: Pid, ended: Option<Ended>, out: &mut Journal) {
    let Some(ended) = ended else {
        return;
    };
    out.push(Report {
        happened: ended.happened,
        status: Some(ended.status),
        ..Report::new(Kind::Exit, pid, ended.received)
    });
}

/// A moment with what was looked up of it.
fn report<'a>(
    frame: Frame<'a>,
    moment: &Moment,
    mut rest: &'a [u8],
) -> Result<Report<'a>, Malformed> {
    let mut report = Report::new(moment.kind, moment.pid, frame.received);
    report.happened = moment.happened;
    report.ppid = moment.ppid;
    report.status = moment.status;
    while !rest.is_empty() {
        let fact = frame::next(&mut rest);
        let (tag, bytes) = fact.ok_or_else(|| malformed(frame, "a fact is cut off"))?;
        match tag {
            Tag::Exe => report.exe = Some(bytes),
            Tag::Argv => report.argv = Some(bytes),
            Tag::ArgvCut => (report.argv, report.cut.argv) = (Some(bytes), true),
            Tag::Ppid => {
                let word = bytes.try_into().map(u32::from_le_bytes);
                report.ppid = Some(word.map_err(|_| malformed(frame, "ppid is not 4 bytes"))?);
            }
        }
    }
    Ok(report)
}

fn malformed(frame: Frame<'_>, why: &str) -> Malformed {
    let length = frame.bytes.len();
    Malformed(format!("netlink frame of {length} bytes: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::wire::tests::datagram;

    const FORK: u32 = 1;
    const EXEC: u32 = 2;
    const EXIT: u32 = 0x8000_0000;

    /// The events of datagrams (kind, time, thread, process, status), as "kind pid@time=status".
    fn said(all: &[(u32, u64, u32, u32, u32)]) -> Vec<String> {
        let (mut decoder, mut out) = (Decoder::default(), Journal::default());
        for &(what, at, thread, process, status) in all {
            let data = match what {
                FORK => [1, 1, thread, process, 0, 0],
                _ => [thread, process, status, 17, 1, 1],
            };
            let bytes = datagram(what, at, data);
            let frame = Frame {
                received: at + 1,
                bytes: &bytes,
            };
            decoder.frame(frame, &mut out).unwrap();
        }
        decoder.finish(&mut out);
        let line = |event: &contract::Event| {
            let happened = event.happened.map_or(0, std::num::NonZeroU64::get);
            let status = event
                .facts
                .status
                .map_or(String::new(), |status| format!("={status}"));
            format!("{} {}@{happened}{status}", event.kind, event.pid)
        };
        out.events.iter().map(line).collect()
    }

    #[test]
    fn a_process_ends_with_its_last_thread() {
        let threads = [(FORK, 1, 7, 7, 0), (FORK, 2, 8, 7, 0), (FORK, 3, 9, 7, 0)];
        let first = [(EXIT, 4, 7, 7, 0), (EXIT, 5, 9, 7, 0), (EXIT, 6, 8, 7, 512)];
        assert_eq!(
            said(&[threads, first].concat()),
            ["fork 7@1", "exit 7@6=512"]
        );
        let last = [(EXIT, 4, 8, 7, 0), (EXIT, 5, 9, 7, 0), (EXIT, 6, 7, 7, 256)];
        assert_eq!(
            said(&[threads, last].concat()),
            ["fork 7@1", "exit 7@6=256"]
        );
    }

    #[test]
    fn a_thread_that_executes_takes_the_first_ones_place() {
        let all = [
            (FORK, 2, 8, 7, 0),
            (EXIT, 3, 7, 7, 0),
            (EXEC, 4, 7, 7, 0),
            (EXIT, 5, 7, 7, 256),
        ];
        assert_eq!(said(&all), ["exec 7@4", "exit 7@5=256"]);
    }

    #[test]
    fn an_end_that_nobody_told_is_reported_all_the_same() {
        let held = [(FORK, 2, 8, 7, 0), (EXIT, 3, 7, 7, 256)];
        assert_eq!(said(&held), ["exit 7@3=256"]);
        let again = [held[0], held[1], (FORK, 9, 7, 7, 0)];
        assert_eq!(said(&again), ["exit 7@3=256", "fork 7@9"]);
    }
}
