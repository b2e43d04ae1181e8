//! Frames of a snapshot and live events to one row of events, in which each process is told once: pure.
//!
//! A process of the snapshot is kept back until the snapshot is over. It is left out where a live event tells
//! it: its fork, or a program that it has begun by the time at which it was looked up, or its end by then. It
//! goes out before any other live event of its own, and what is left goes out at the end. Pid and start decide
//! which events are its own: a start is known to a tick.

use std::collections::{BTreeMap, HashMap};

use contract::{EventLog, EventRef, Frame, Kind, Malformed, Nanos, Origin, Pid};

use super::{BEGIN, END, MARK, PROCESS};
use crate::common::lookup_codec;

/// At most so long after its start the kernel tells a fork.
const TOLD_WITHIN: Nanos = 1_000_000_000;

/// The joint. Before a snapshot has begun and after its end it does nothing.
#[derive(Default)]
pub(crate) struct Join(Option<Box<Joining>>);

struct Joining {
    tick: Nanos,
    /// The clock since boot less CLOCK_MONOTONIC.
    ahead: Nanos,
    /// Frames of processes that no live event has told.
    held: BTreeMap<Pid, Held>,
    /// When each kind of event of a pid last happened, since the snapshot began.
    live: HashMap<Pid, [Nanos; 3]>,
}

struct Held {
    started: Nanos,
    received: Nanos,
    frame: Vec<u8>,
}

/// What a live event says of a process of the snapshot.
#[derive(Debug, PartialEq, Eq)]
enum Says {
    /// It tells that process.
    Told,
    /// It is a later event of it, or of a later process.
    Later,
    /// It is about an earlier process with the pid.
    Nothing,
}

impl Join {
    /// Takes the frame, if it is one of a snapshot; whether it is.
    pub(crate) fn frame(
        &mut self,
        frame: Frame<'_>,
        out: &mut EventLog,
    ) -> Result<bool, Malformed> {
        let Some(rest) = frame.bytes.strip_prefix(MARK) else {
            return Ok(false);
        };
        match (rest.split_first(), &mut self.0) {
            (Some((&BEGIN, rest)), joining @ None) => *joining = Some(Box::new(begun(rest)?)),
            (Some((&PROCESS, _)), Some(joining)) => joining.process(frame)?,
            (Some((&END, [])), Some(_)) => self.finish(out),
            _ => {
                return Err(malformed(
                    "begins or ends where it cannot, or is of no known part",
                ));
            }
        }
        Ok(true)
    }

    /// Puts out a live event, and before it what it shows to be due. Every live event must come by.
    pub(crate) fn live(&mut self, report: EventRef<'_>, out: &mut EventLog) {
        if let Some(joining) = &mut self.0 {
            joining.live(&report, out);
        }
        out.push(report);
    }

    /// The snapshot is over, or cut off.
    pub(crate) fn finish(&mut self, out: &mut EventLog) {
        let Some(joining) = self.0.take() else {
            return;
        };
        joining.held.values().for_each(|held| put(held, out));
    }
}

impl Joining {
    fn process(&mut self, frame: Frame<'_>) -> Result<(), Malformed> {
        let (report, ticks) = process(frame.bytes, frame.received)?;
        let pid = report.pid;
        let one = Held {
            started: (ticks.saturating_mul(self.tick)).saturating_sub(self.ahead),
            received: frame.received,
            frame: frame.bytes.to_vec(),
        };
        let times = self.live.get(&pid).copied().unwrap_or_default();
        let told = Kind::ALL
            .into_iter()
            .any(|kind| match times[kind as usize] {
                0 => false,
                happened => self.says(&one, kind, happened) == Says::Told,
            });
        if !told {
            self.held.insert(pid, one);
        }
        Ok(())
    }

    fn live(&mut self, report: &EventRef<'_>, out: &mut EventLog) {
        self.live.entry(report.pid).or_default()[report.kind as usize] = report.happened;
        let Some(one) = self.held.get(&report.pid) else {
            return;
        };
        let says = match self.says(one, report.kind, report.happened) {
            Says::Later if same_program(one, report) => Says::Told,
            says => says,
        };
        if says == Says::Nothing {
            return;
        }
        if says == Says::Later {
            put(one, out);
        }
        self.held.remove(&report.pid);
    }

    fn says(&self, one: &Held, kind: Kind, happened: Nanos) -> Says {
        if happened.saturating_add(self.tick) < one.started {
            return Says::Nothing;
        }
        let told = match kind {
            Kind::Fork => happened <= one.started.saturating_add(self.tick + TOLD_WITHIN),
            Kind::Exec | Kind::Exit => happened <= one.received,
        };
        if told { Says::Told } else { Says::Later }
    }
}

/// Whether the exec is of the program that was found. Its memory is the new program's already when
/// the kernel tells it, so a look between the two finds the new one.
fn same_program(one: &Held, report: &EventRef<'_>) -> bool {
    let Ok((found, _)) = process(&one.frame, one.received) else {
        return false;
    };
    report.kind == Kind::Exec
        && found.exe.is_some()
        && (found.exe, found.argv) == (report.exe, report.argv)
}

fn put(one: &Held, out: &mut EventLog) {
    // It was read when it came.
    if let Ok((report, _)) = process(&one.frame, one.received) {
        out.push(EventRef {
            happened: one.started,
            ..report
        });
    }
}

fn begun(rest: &[u8]) -> Result<Joining, Malformed> {
    let (tick, ahead) = rest.split_first_chunk().ok_or_else(cut)?;
    Ok(Joining {
        tick: u64::from_le_bytes(*tick).min(TOLD_WITHIN),
        ahead: u64::from_le_bytes(ahead.try_into().map_err(|_| cut())?),
        held: BTreeMap::new(),
        live: HashMap::new(),
    })
}

/// What a frame tells of a process, and when that began, in ticks since boot.
fn process(bytes: &[u8], received: Nanos) -> Result<(EventRef<'_>, u64), Malformed> {
    let rest = bytes.get(MARK.len() + 1 + 8..).ok_or_else(cut)?;
    let (ticks, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (pid, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (user, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (kernel, rest) = rest.split_first().ok_or_else(cut)?;
    let kind = if *kernel == 0 { Kind::Exec } else { Kind::Fork };
    let mut report = EventRef {
        euid: Some(u32::from_le_bytes(*user)),
        origin: Origin::Snapshot,
        ..EventRef::new(kind, u32::from_le_bytes(*pid), received)
    };
    lookup_codec::tell(rest, &mut report).map_err(malformed)?;
    Ok((report, u64::from_le_bytes(*ticks)))
}

fn cut() -> Malformed {
    malformed("is cut off")
}

fn malformed(what: &str) -> Malformed {
    Malformed(format!(
        "a frame of a snapshot {what}: was the spool written by another version?"
    ))
}

#[cfg(test)]
mod tests;
