//! From records to events: pure.
//!
//! Records of one process come in order, those of two do not: a child may have exec'ed and ended
//! before its parent wrote down that it forked. So what cannot be told yet is held back until the
//! record that decides it arrives: a fork that only shows in what the child does, and an exec that
//! did not fail so far. Where no such record will ever be written nothing says so, and the silence
//! decides once it has lasted for [`FORK_HOLD`] or [`EXEC_HOLD`] by the frames' own stamps.
//!
//! What is told is in order: the fork of a process comes before all else of it, and before the forks of
//! its children. What follows a tree of processes would otherwise not know whose they are, or take an
//! ended one for a new one.

use std::collections::VecDeque;

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed, Nanos, Pid};
use foldhash::HashMap;

use super::ended::Ended;
use super::layout::{Record, RecordKind, VFORK};
use super::process::{Born, HookRecord, Process, Told, foster, joined, known, over, same, tell};

/// A fork may never be recorded: its parent has no library, or system() made it. So this is
/// short, and it may be: should the word come after all, only the fork's own stamp is lost (of a
/// spawn also that of its exec, and the arguments as they were passed).
pub(super) const FORK_HOLD: Nanos = 5_000_000;
/// An exec is followed by the new image's record, or by one that takes it back. Only a program
/// without the library writes neither, and only it is told so late. Both need the CPU first, which
/// on a busy machine can take a hundred times longer than on an idle one; and a decoder that does not wait
/// for them tells execs that failed, and scripts without what was executed.
pub(super) const EXEC_HOLD: Nanos = 1_000_000_000;
/// Unfinished records of made-up bytes may not eat the memory.
const UNFINISHED_MOST: usize = 1 << 16;

#[derive(Default)]
pub(super) struct Decoder {
    lives: HashMap<Pid, Process>,
    /// Since when something of which process is held back, in the order of arrival: forks, and execs.
    held: [VecDeque<(Nanos, Pid)>; 2],
    ended: Ended,
    unfinished: HashMap<(u32, Nanos, RecordKind), (u8, HookRecord)>,
    received: Nanos,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        self.received = frame.received;
        let mut bytes = frame.bytes;
        while !bytes.is_empty() {
            let record = Record::take(&mut bytes)?;
            if let Some(told) = self.whole(&record) {
                self.record(&record, told, out);
            }
        }
        // Only now: what the frame itself says was written in time, however late it was read.
        self.settle_due(frame.received, out);
        Ok(())
    }

    fn finish(&mut self, out: &mut EventLog) {
        self.settle_due(Nanos::MAX, out);
    }
}

impl Decoder {
    /// How many processes are known.
    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.lives.len()
    }

    /// Puts the parts of a record together; the last one brings it.
    fn whole(&mut self, record: &Record<'_>) -> Option<HookRecord> {
        let key = (record.tid, record.happened, record.sort);
        let mut told = if record.part == 0 {
            HookRecord::new(record, self.received)
        } else {
            let (next, mut told) = self.unfinished.remove(&key)?;
            if record.part != next {
                return None;
            }
            told.data.extend_from_slice(record.data);
            told
        };
        if record.part + 1 >= record.parts.max(1) {
            told.exe_bytes = told.exe_bytes.min(told.data.len());
            return Some(told);
        }
        if self.unfinished.len() < UNFINISHED_MOST {
            self.unfinished.insert(key, (record.part + 1, told));
        }
        None
    }

    fn record(&mut self, record: &Record<'_>, told: HookRecord, out: &mut EventLog) {
        let pid = record.pid;
        match record.sort {
            RecordKind::Fork => {
                self.forked(pid, &told, out);
                if told.flags & VFORK != 0 {
                    self.certain(pid, out);
                }
            }
            RecordKind::Spawn => self.spawned(pid, told, out),
            RecordKind::Attempt => self.life(pid, &told, out).attempts.push(told),
            RecordKind::Retract => self.retracted(pid, &told),
            RecordKind::Image => self.image(pid, told, out),
            RecordKind::Exit => self.ended(pid, &told, record.status, out),
        }
        let open = self.lives.get(&pid).map_or([false; 2], Process::open);
        for (held, open) in self.held.iter_mut().zip(open) {
            if open {
                held.push_back((self.received, pid));
            }
        }
    }

    /// The life that a record of `pid` itself belongs to: a new one after the end of the last.
    fn life(&mut self, pid: Pid, told: &HookRecord, out: &mut EventLog) -> &mut Process {
        let over = self.lives.get(&pid).and_then(|life| life.ended);
        if over.is_some_and(|over| told.happened > over) {
            self.settle(pid, Nanos::MAX, out);
            self.lives.remove(&pid);
        }
        let life = self
            .lives
            .entry(pid)
            .or_insert_with(|| Process::new(told, Born::Unsaid));
        life.since = life.since.min(told.happened);
        if life.ppid == 0 {
            // Only its children had told of it.
            life.ppid = told.ppid;
        }
        life
    }

    /// Reports the fork of `pid` unless it has been inferred already.
    fn forked(&mut self, pid: Pid, told: &HookRecord, out: &mut EventLog) {
        match self.lives.get_mut(&pid) {
            Some(life) if told.happened <= life.since => {
                life.since = told.happened;
                life.ppid = told.ppid;
                if life.born != Born::Unsaid {
                    return;
                }
            }
            Some(_) => {
                let next = self.next_life(pid, told, out);
                self.lives.insert(pid, next);
            }
            None => {
                self.lives.insert(pid, Process::new(told, Born::Unsaid));
            }
        }
        let fork = EventRef {
            happened: told.happened,
            ppid: known(told.ppid),
            ..EventRef::new(Kind::Fork, pid, self.received)
        };
        self.writer(told);
        match self.lives.get_mut(&told.ppid) {
            // Its parent's own fork first.
            Some(parent) if parent.born == Born::Unsaid && told.ppid != pid => {
                parent.waiting.push(Told::new(&fork));
                if let Some(life) = self.lives.get_mut(&pid) {
                    life.behind = Some(told.ppid);
                }
            }
            _ => {
                out.push(fork);
                self.begin(pid, Born::Written, out);
            }
        }
    }

    /// The process that wrote down that it forked was forked itself, also when no record of that has come.
    /// (With CLONE_PARENT the parent is another process than the writer, and may have no library.) Whose child
    /// it is the writer's own records tell, or its parent's once that runs again: that is worth a longer wait.
    fn writer(&mut self, fork: &HookRecord) {
        if fork.tid != fork.ppid || self.lives.contains_key(&fork.ppid) {
            return;
        }
        let mut writer = Process::new(fork, Born::Unsaid);
        writer.ppid = 0;
        self.lives.insert(fork.ppid, writer);
        self.held[1].push_back((self.received, fork.ppid));
    }

    /// Tells the fork of `pid` without a record of it: after that of the parent which it waits behind.
    fn infer(&mut self, pid: Pid, now: Nanos, out: &mut EventLog) {
        let mut line = vec![pid];
        let mut first = self.lives.get(&pid);
        while let Some(parent) = first.and_then(|life| life.behind)
            && !line.contains(&parent)
        {
            line.push(parent);
            first = self.lives.get(&parent);
        }
        // Whose child it is may yet be told.
        let told_by_children = |life: &Process| life.born == Born::Unsaid && life.ppid == 0;
        let early = |life: &Process| !over(life.noticed, EXEC_HOLD, now);
        if first.is_some_and(|life| told_by_children(life) && early(life)) {
            return;
        }
        while let Some(pid) = line.pop() {
            let unsaid = self
                .lives
                .get(&pid)
                .filter(|life| life.born == Born::Unsaid);
            let Some(ppid) = unsaid.map(|life| foster(life.ppid)) else {
                continue;
            };
            out.push(EventRef {
                ppid,
                ..EventRef::new(Kind::Fork, pid, self.received)
            });
            self.begin(pid, Born::Inferred, out);
        }
    }

    /// The fork of `pid` has just been told: now all that waits for it is, and what waits for that.
    fn begin(&mut self, pid: Pid, born: Born, out: &mut EventLog) {
        let mut begun = vec![(pid, born)];
        while let Some((pid, born)) = begun.pop() {
            let Some(life) = self.lives.get_mut(&pid) else {
                continue;
            };
            (life.born, life.behind) = (born, None);
            if let Some(image) = life.image.take() {
                life.executed = true;
                let exec = joined(pid, &image, None, self.received);
                life.waiting.push(Told::new(&exec));
            }
            life.waiting.sort_by_key(|told| told.happened);
            for told in std::mem::take(&mut life.waiting) {
                let child = told.child();
                // It may have been inferred, or have come to its end, meanwhile.
                let known = |pid| {
                    self.lives
                        .get(pid)
                        .is_none_or(|life| life.born != Born::Unsaid)
                };
                if child.as_ref().is_some_and(known) {
                    continue;
                }
                out.push(told.event(self.received));
                begun.extend(child.map(|child| (child, Born::Written)));
            }
        }
    }

    /// The pid was used before, by a process that is over or whose end was not recorded. What
    /// was taken for the old one's and is younger than the fork is the new one's.
    fn next_life(&mut self, pid: Pid, fork: &HookRecord, out: &mut EventLog) -> Process {
        let mut next = Process::new(fork, Born::Unsaid);
        if let Some(old) = self.lives.get_mut(&pid) {
            let younger = |told: &mut HookRecord| told.happened >= fork.happened;
            next.attempts = old.attempts.extract_if(.., younger).collect();
            next.image = old.image.take_if(younger);
            next.awaited = old.awaited.take_if(younger);
            next.ended = old.ended.take_if(|at| *at >= fork.happened);
            let younger = |told: &mut Told| told.happened >= fork.happened;
            next.waiting = old.waiting.extract_if(.., younger).collect();
        }
        self.settle(pid, Nanos::MAX, out);
        next
    }

    fn spawned(&mut self, pid: Pid, told: HookRecord, out: &mut EventLog) {
        let received = self.received;
        if let Some(life) = self.lives.get_mut(&pid)
            && let Some(image) = life.image.take()
        {
            life.executed = true;
            let exec = joined(pid, &told, Some(&image), received);
            life.waiting.push(Told::new(&exec));
        }
        self.forked(pid, &told, out);
        let Some(life) = self.lives.get_mut(&pid) else {
            return;
        };
        if !life.executed {
            // Else its image was here long ago, and reported as an exec.
            life.attempts.push(told);
            self.certain(pid, out);
        }
    }

    /// The exec that was announced has been made. When the announcement says everything there is
    /// nothing to wait for; else the image may know more.
    fn certain(&mut self, pid: Pid, out: &mut EventLog) {
        let told = self.lives.get(&pid).and_then(|life| life.attempts.last());
        if told.is_some_and(|told| told.exe().is_some() && told.argv().is_some()) {
            self.executed(pid, out);
        }
    }

    /// Reports the last attempt as an exec. Other threads' attempts ended with it.
    fn executed(&mut self, pid: Pid, out: &mut EventLog) {
        let Some(life) = self.lives.get_mut(&pid) else {
            return;
        };
        if let Some(told) = life.attempts.pop() {
            life.attempts.clear();
            life.executed = true;
            life.tell(joined(pid, &told, None, self.received), out);
            life.awaited = Some(told);
        }
    }

    fn retracted(&mut self, pid: Pid, told: &HookRecord) {
        if let Some(life) = self.lives.get_mut(&pid) {
            let this =
                |attempt: &HookRecord| attempt.tid == told.tid && attempt.happened == told.happened;
            life.attempts.retain(|attempt| !this(attempt));
        }
    }

    fn image(&mut self, pid: Pid, image: HookRecord, out: &mut EventLog) {
        let received = self.received;
        let life = self.life(pid, &image, out);
        let fits = |told: &HookRecord| told.happened <= image.happened && same(told, &image);
        if let Some(told) = life.attempts.iter().rfind(|told| fits(told)) {
            let event = joined(pid, told, Some(&image), received);
            tell(life.born, &mut life.waiting, event, out);
            life.attempts.clear();
            life.awaited = None;
            life.executed = true;
            return;
        }
        if life.awaited.take().is_some_and(|told| fits(&told)) {
            return;
        }
        // Something without the library ran in between: its exec first.
        self.executed(pid, out);
        let Some(life) = self.lives.get_mut(&pid) else {
            return;
        };
        life.awaited = None;
        if life.born == Born::Unsaid && life.image.is_none() {
            life.image = Some(image);
        } else {
            life.executed = true;
            life.tell(joined(pid, &image, None, received), out);
        }
    }

    fn ended(&mut self, pid: Pid, told: &HookRecord, status: i32, out: &mut EventLog) {
        let received = self.received;
        let life = self.life(pid, told, out);
        if life.ended.is_some() {
            return;
        }
        life.ended = Some(told.happened);
        // It still had the library, so whatever it tried to execute it did not.
        life.attempts.clear();
        // Its image, while a spawn may yet explain it, comes before its end.
        let exit = EventRef {
            happened: told.happened,
            status: Some(status),
            ..EventRef::new(Kind::Exit, pid, received)
        };
        life.tell(exit, out);
        self.ended.push(received, pid, told.happened);
    }

    fn settle_due(&mut self, now: Nanos, out: &mut EventLog) {
        for (which, hold) in [FORK_HOLD, EXEC_HOLD].into_iter().enumerate() {
            while let Some(&(since, pid)) = self.held[which].front()
                && over(since, hold, now)
            {
                self.held[which].pop_front();
                self.settle(pid, now, out);
            }
        }
        while let Some((pid, ended)) = self.ended.overdue(now) {
            // Not a younger process that has the pid by now.
            let this = |life: &Process| life.ended == Some(ended) && life.open() == [false; 2];
            if self.lives.get(&pid).is_some_and(this) {
                self.lives.remove(&pid);
            }
        }
    }

    /// Reports what was held back of `pid` for long enough.
    fn settle(&mut self, pid: Pid, now: Nanos, out: &mut EventLog) {
        let Some(life) = self.lives.get_mut(&pid) else {
            return;
        };
        if life.born == Born::Unsaid && over(life.noticed, FORK_HOLD, now) {
            self.infer(pid, now, out);
        }
        let Some(life) = self.lives.get_mut(&pid) else {
            return;
        };
        let last = life.attempts.last();
        if last.is_some_and(|told| over(told.received, EXEC_HOLD, now)) {
            self.executed(pid, out);
        }
    }
}
