//! What the connector does not tell of an exec, read from /proc at once. By then the process may
//! have ended or run its next program: what is not there is left out, and what later messages prove
//! to be about another program or process is taken back.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use contract::{Kind, Nanos, Options, Pid, Result};

use crate::common::lookup_codec::{self, Tag};
use crate::common::proc_details::ProcDetails;
use crate::common::proc_lookup::Proc;
use crate::common::process_stat::{self, ProcessStat};

use super::parents::Parents;
use super::recv_batch::{Held, MOST};
use super::wire::ProcessEvent;

/// Which execs are looked up, and when: the option `lookup`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Every one, at once.
    Always,
    /// At once as long as most look-ups find something; none while the queue is half full.
    Adaptive,
}

/// Whether the other fields are looked up too; with `lookup=never` nothing is.
pub(super) fn detailed(options: &Options) -> bool {
    options.word("fields") == "all" && options.word("lookup") != "never"
}

/// Looks up and keeps, for one batch.
pub(super) struct Lookup {
    proc: Proc,
    when: When,
    fields: Vec<u8>,
    found: Vec<FieldSpan>,
    parents: Parents,
    yields: Yield,
    tick: Duration,
    /// Looks up the other fields, where these are asked for.
    details: Option<ProcDetails>,
}

/// How many of the latest look-ups found a program.
#[derive(Default)]
struct Yield {
    execs: u32,
    found: u32,
}

impl Yield {
    fn count(&mut self, found: bool) {
        if self.execs >= 256 {
            self.execs /= 2;
            self.found /= 2;
        }
        self.execs += 1;
        self.found += u32::from(found);
    }

    /// Fewer than one in eight.
    const fn is_small(&self) -> bool {
        self.execs >= 128 && self.found * 8 < self.execs
    }
}

/// Where in `fields` the fields of one exec lie.
#[derive(Clone, Copy, Default)]
struct FieldSpan {
    start: usize,
    /// Until here those of the program, then those of the process.
    middle: usize,
    end: usize,
    /// When the look-up was over.
    done: Nanos,
}

impl Lookup {
    pub(super) fn new(when: When, detailed: bool) -> Result<Self> {
        let proc = Proc::open()
            .map_err(|errno| format!("/proc: {errno}: mount it, or use netlink{{lookup=never}}"))?;
        Ok(Self {
            proc,
            when,
            fields: Vec::with_capacity(1 << 20),
            found: Vec::with_capacity(MOST),
            parents: Parents::default(),
            yields: Yield::default(),
            tick: process_stat::tick(),
            details: detailed.then(ProcDetails::new),
        })
    }

    /// Whether it may leave look-ups out.
    pub(super) fn is_adaptive(&self) -> bool {
        self.when == When::Adaptive
    }

    /// Forgets the batch.
    pub(super) fn clear(&mut self) {
        self.fields.clear();
        self.found.clear();
    }

    /// Looks up the execs among those of `held` it has not seen yet; how many that were.
    ///
    /// Oldest first: the newest has the best chance, but the oldest is the one that is about to
    /// go, and measured either order leaves the same number out.
    pub(super) fn look_up(&mut self, held: &[Held]) -> usize {
        let mut execs = 0;
        for index in self.found.len()..held.len() {
            let mut found = FieldSpan::default();
            if let Some(event) = &held[index].event {
                self.parents.take(event);
                if event.kind == Kind::Exec {
                    found = self.exec(event, staleness(event.pid, Nanos::MAX, &held[index + 1..]));
                    self.yields.count(found.middle > found.start);
                    execs += 1;
                }
            }
            self.found.push(found);
        }
        execs
    }

    /// Whether looking up at once finds so little that it may as well be done later.
    pub(super) fn may_wait(&self) -> bool {
        self.is_adaptive() && self.yields.is_small()
    }

    /// Messages were lost.
    pub(super) fn lost(&mut self) {
        self.parents.forget();
    }

    /// Passes over those it has not seen yet, and says how many of them were execs.
    pub(super) fn skip(&mut self, held: &[Held]) -> u64 {
        let fresh = held[self.found.len()..].iter();
        let execs = fresh.filter(|held| held.event.is_some_and(|said| said.kind == Kind::Exec));
        let execs = execs.count() as u64;
        let events = held[self.found.len()..].iter();
        let events = events.filter_map(|held| held.event.as_ref());
        events.for_each(|event| self.parents.take(event));
        self.found.resize_with(held.len(), FieldSpan::default);
        execs
    }

    /// The fields of the exec at `index`, without those that were read too late to be its own.
    pub(super) fn fields(&self, held: &[Held], index: usize) -> &[u8] {
        let Some(found) = self.found.get(index) else {
            return &[];
        };
        let Some(event) = held[index].event.filter(|_| found.end > found.start) else {
            return &[];
        };
        match staleness(event.pid, found.done, &held[index + 1..]) {
            Staleness::Current => &self.fields[found.start..found.end],
            Staleness::OtherProgram => &self.fields[found.middle..found.end],
            Staleness::OtherProcess => &[],
        }
    }

    fn exec(&mut self, event: &ProcessEvent, staleness: Staleness) -> FieldSpan {
        let mut found = FieldSpan {
            start: self.fields.len(),
            ..FieldSpan::default()
        };
        if staleness != Staleness::OtherProcess {
            // Through this descriptor everything is about one process: when it is gone, reads
            // fail, also when its pid lives on.
            let known = self.parents.parent(event.pid);
            let needed = staleness == Staleness::Current || known.is_none();
            let dir = needed.then(|| self.proc.of(event.pid)).flatten();
            if let Some(dir) = dir.as_ref().filter(|_| staleness == Staleness::Current) {
                self.proc.exe(dir.as_fd(), &mut self.fields);
                self.proc.argv(dir.as_fd(), &mut self.fields);
                if let Some(details) = &mut self.details {
                    details.keep(dir.as_fd(), &mut self.fields);
                }
            }
            found.middle = self.fields.len();
            let parent = match (known, dir) {
                (Some(ppid), _) => Parent::Is(ppid),
                (None, Some(dir)) => self.parent(dir.as_fd(), event.happened),
                (None, None) => Parent::Unknown,
            };
            match parent {
                Parent::Is(ppid) => {
                    lookup_codec::keep(Tag::Ppid, &ppid.to_le_bytes(), &mut self.fields);
                }
                Parent::Unknown => {}
                Parent::OfAnother => self.fields.truncate(found.start),
            }
        }
        found.end = self.fields.len();
        found.middle = found.middle.clamp(found.start, found.end);
        found.done = crate::common::clock::now();
        found
    }

    fn parent(&self, dir: BorrowedFd<'_>, happened: Nanos) -> Parent {
        let Some(stat) = ProcessStat::in_folder(dir) else {
            return Parent::Unknown;
        };
        // In ticks since boot, rounded down: a process that started in a later tick than this
        // exec is another one with the same pid.
        match stat.ppid {
            None => Parent::Unknown,
            Some(_) if u128::from(stat.started) > self.tick_of(happened) => Parent::OfAnother,
            Some(ppid) => Parent::Is(ppid),
        }
    }

    fn tick_of(&self, happened: Nanos) -> u128 {
        let now = Duration::from_nanos(crate::common::clock::now());
        let suspended = process_stat::since_boot().saturating_sub(now);
        let since_boot = suspended.saturating_add(Duration::from_nanos(happened));
        since_boot.as_nanos() / self.tick.as_nanos()
    }
}

enum Parent {
    Is(Pid),
    Unknown,
    OfAnother,
}

/// What had become of the process by the time it was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Staleness {
    /// Nothing that is known.
    Current,
    /// It ran something else or had ended; its parent can still be asked for.
    OtherProgram,
    /// The pid was another process's.
    OtherProcess,
}

/// As far as `later` tells what happened before `done`.
fn staleness(pid: Pid, done: Nanos, later: &[Held]) -> Staleness {
    let later = later.iter().filter_map(|held| held.event);
    let mut staleness = Staleness::Current;
    for event in later.filter(|event| event.pid == pid && event.happened <= done) {
        if event.kind == Kind::Fork {
            return Staleness::OtherProcess;
        }
        staleness = Staleness::OtherProgram;
    }
    staleness
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_fields_are_found_and_a_later_start_is_another_process() {
        let mut lookup = Lookup::new(When::Always, false).unwrap();
        let event = |happened| ProcessEvent {
            kind: Kind::Exec,
            pid: std::process::id(),
            happened,
            ppid: None,
            status: None,
        };
        let now = crate::common::clock::now();
        let found = lookup.exec(&event(now), Staleness::Current);
        let mut rest = &lookup.fields[found.start..found.end];
        let exe = std::fs::read_link("/proc/self/exe").unwrap();
        let argv = std::fs::read("/proc/self/cmdline").unwrap();
        let ppid = std::os::unix::process::parent_id().to_le_bytes();
        assert_eq!(
            lookup_codec::next(&mut rest),
            Some((Tag::Exe, exe.as_os_str().as_encoded_bytes()))
        );
        assert_eq!(lookup_codec::next(&mut rest), Some((Tag::Argv, &argv[..])));
        assert_eq!(lookup_codec::next(&mut rest), Some((Tag::Ppid, &ppid[..])));
        let found = lookup.exec(&event(1), Staleness::Current);
        assert_eq!(found.start, found.end, "a pid used again");
    }
}
