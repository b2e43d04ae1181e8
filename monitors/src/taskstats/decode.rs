//! Records to exits: pure.

use std::collections::HashMap;

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed, Pid};

use super::wire;

#[derive(Default)]
pub(super) struct Decoder {
    /// How the first thread of a process ended that lived on in others.
    first: HashMap<Pid, i32>,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let task = wire::read(frame.bytes).ok_or_else(|| malformed(frame, "has no record"))?;
        if !wire::readable(task.version) {
            return Err(malformed(frame, "is of a version with other places"));
        }
        if !task.last {
            if task.thread == task.process {
                self.first.insert(task.process, task.status);
            }
            return Ok(());
        }
        let first = self.first.remove(&task.process);
        // A thread that ends the whole process gives all threads that are left the same status; a thread that
        // merely ends has 0, and then the first one's is the process's.
        let merely = task.thread != task.process && task.status == 0;
        let status = first.filter(|_| merely).unwrap_or(task.status);
        out.push(EventRef {
            status: Some(status),
            ..EventRef::new(Kind::Exit, task.process, frame.received)
        });
        Ok(())
    }
}

fn malformed(frame: Frame<'_>, why: &str) -> Malformed {
    let length = frame.bytes.len();
    Malformed(format!("taskstats frame of {length} bytes {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taskstats::wire::Task;
    use crate::taskstats::wire::tests::message;

    /// The exits of tasks (thread, process, status, last).
    fn said(tasks: &[(u32, u32, i32, bool)]) -> Vec<(Pid, Option<i32>)> {
        let (mut decoder, mut out) = (Decoder::default(), EventLog::default());
        for &(thread, process, status, last) in tasks {
            let bytes = message(Task {
                version: 16,
                thread,
                process,
                status,
                last,
            });
            let frame = Frame {
                received: 1,
                bytes: &bytes,
            };
            decoder.frame(frame, &mut out).unwrap();
        }
        let told = |event: &contract::Event| (event.pid, event.fields.status);
        out.events.iter().map(told).collect()
    }

    #[test]
    fn the_last_of_a_process_is_its_end() {
        let all = [(7, 7, 256, true), (9, 8, 0, false), (8, 8, 512, true)];
        assert_eq!(said(&all), [(7, Some(256)), (8, Some(512))]);
        let outlived = [(8, 8, 0, false), (9, 8, 512, true)];
        assert_eq!(said(&outlived), [(8, Some(512))]);
        let merely = [(8, 8, 256, false), (9, 8, 0, true)];
        assert_eq!(said(&merely), [(8, Some(256))]);
    }

    #[test]
    fn a_version_with_other_places_is_refused() {
        let bytes = message(Task {
            version: 15,
            thread: 7,
            process: 7,
            status: 0,
            last: true,
        });
        let frame = Frame {
            received: 1,
            bytes: &bytes,
        };
        let refused = Decoder::default().frame(frame, &mut EventLog::default());
        assert!(refused.is_err());
    }
}
