//! Datagrams and looked-up fields to events: pure.
//!
//! The connector tells the end of each thread, and of a process only that of its first one: see
//! common/thread_group.rs.

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed, Nanos, Pid};

use super::wire::{self, Message, ProcessEvent, Thread};
use crate::common::lookup_codec;
use crate::common::snapshot::join::Join;
use crate::common::thread_group::{Ended, Threads};

#[derive(Default)]
pub(super) struct Decoder {
    threads: Threads,
    join: Join,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        if self.join.frame(frame, out)? {
            return Ok(());
        }
        let (datagram, rest) = frame
            .bytes
            .split_at_checked(wire::DATAGRAM)
            .ok_or_else(|| malformed(frame, "shorter than a proc_event"))?;
        let said = wire::read(datagram).ok_or_else(|| malformed(frame, "no proc_event"))?;
        match said {
            Message::Event(event) => {
                let mut report = report(frame, &event);
                lookup_codec::tell(rest, &mut report).map_err(|why| malformed(frame, why))?;
                if self.takes_effect(&event, frame.received, out) {
                    self.join.live(report, out);
                }
            }
            Message::Thread(thread) => self.thread(thread, frame.received, out),
            Message::Answer { .. } | Message::Other => {}
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut EventLog) {
        for (pid, ended) in self.threads.finish() {
            self.exit(pid, Some(ended), out);
        }
        self.join.finish(out);
    }
}

impl Decoder {
    /// Whether it happened to the process, and not merely to its first thread.
    fn takes_effect(&mut self, event: &ProcessEvent, received: Nanos, out: &mut EventLog) -> bool {
        let (pid, happened, status) = (event.pid, event.happened, event.status);
        match event.kind {
            Kind::Exit => {
                let ended = Ended {
                    happened,
                    received,
                    status,
                };
                return self.threads.first_ended(pid, ended).is_some();
            }
            Kind::Fork => {
                let ended = self.threads.forked(pid);
                self.exit(pid, ended, out);
            }
            Kind::Exec => self.threads.executed(pid),
        }
        true
    }

    fn thread(&mut self, thread: Thread, received: Nanos, out: &mut EventLog) {
        let (pid, happened, status) = (thread.process, thread.happened, thread.ended);
        if status.is_none() {
            return self.threads.began(pid);
        }
        let ended = Ended {
            happened,
            received,
            status,
        };
        let ended = self.threads.other_ended(pid, ended);
        self.exit(pid, ended, out);
    }

    fn exit(&mut self, pid: Pid, ended: Option<Ended>, out: &mut EventLog) {
        let Some(ended) = ended else {
            return;
        };
        let report = EventRef {
            happened: ended.happened,
            status: ended.status,
            ..EventRef::new(Kind::Exit, pid, ended.received)
        };
        self.join.live(report, out);
    }
}

fn report<'a>(frame: Frame<'a>, event: &ProcessEvent) -> EventRef<'a> {
    EventRef {
        happened: event.happened,
        ppid: event.ppid,
        status: event.status,
        ..EventRef::new(event.kind, event.pid, frame.received)
    }
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
        let (mut decoder, mut out) = (Decoder::default(), EventLog::default());
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
                .fields
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
    fn an_end_without_a_message_is_reported_all_the_same() {
        let held = [(FORK, 2, 8, 7, 0), (EXIT, 3, 7, 7, 256)];
        assert_eq!(said(&held), ["exit 7@3=256"]);
        let again = [held[0], held[1], (FORK, 9, 7, 7, 0)];
        assert_eq!(said(&again), ["exit 7@3=256", "fork 7@9"]);
    }
}
