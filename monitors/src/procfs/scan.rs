//! One look at /proc after another, and what has changed since the last.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use contract::{Kind, Pid, Result, Spool};

use super::stat::{Image, Stat};
use crate::common::clock;
use crate::common::lookup_codec::{self, Tag};
use crate::common::proc_details::ProcDetails;
use crate::common::proc_lookup::Proc;

/// All that was known at the last look.
pub(super) struct Scan {
    proc: Proc,
    known: HashMap<Pid, Known>,
    count: u64,
    fields: Vec<u8>,
    /// Looks up the other fields, where these are asked for.
    details: Option<ProcDetails>,
}

struct Known {
    started: u64,
    executed: bool,
    image: Image,
    /// Whether its end has been told.
    ended: bool,
    /// The last look that found it.
    seen: u64,
}

impl Scan {
    /// The processes that are there already: nothing is told of how they came to be.
    pub(super) fn first(detailed: bool) -> Result<Self> {
        let proc = Proc::open().map_err(|errno| format!("/proc: {errno}: mount it"))?;
        let mut look = Self {
            proc,
            known: HashMap::new(),
            count: 0,
            fields: Vec::new(),
            details: detailed.then(ProcDetails::new),
        };
        for pid in pids()? {
            if let Some((_, stat)) = look.stat(pid) {
                look.known.insert(pid, Known::of(&stat, 0));
            }
        }
        Ok(look)
    }

    /// Looks again, and spools what has changed.
    pub(super) fn again(&mut self, spool: &mut Spool) -> Result<()> {
        self.count += 1;
        for pid in pids()? {
            if let Some((dir, stat)) = self.stat(pid) {
                self.one(pid, dir.as_fd(), &stat, spool)?;
            }
        }
        let mut gone = Vec::new();
        let count = self.count;
        self.known.retain(|&pid, known| {
            if known.seen != count && !known.ended {
                gone.push(pid);
            }
            known.seen == count
        });
        gone.sort_unstable();
        gone.iter()
            .try_for_each(|&pid| tell(spool, Kind::Exit, pid, &[]))
    }

    fn one(&mut self, pid: Pid, dir: BorrowedFd<'_>, stat: &Stat, spool: &mut Spool) -> Result<()> {
        let (count, before) = (self.count, self.known.get(&pid));
        if before.is_none_or(|known| known.started != stat.started) {
            if before.is_some_and(|known| !known.ended) {
                tell(spool, Kind::Exit, pid, &[])?;
            }
            self.fields.clear();
            parent(stat, &mut self.fields);
            tell(spool, Kind::Fork, pid, &self.fields)?;
            self.known.remove(&pid);
        }
        let known = self.known.entry(pid).or_insert(Known {
            executed: false,
            ended: false,
            ..Known::of(stat, count)
        });
        known.seen = count;
        if known.executes(stat) {
            self.fields.clear();
            parent(stat, &mut self.fields);
            let process = self.fields.len();
            self.proc.exe(dir, &mut self.fields);
            self.proc.argv(dir, &mut self.fields);
            if let Some(details) = &mut self.details {
                details.keep(dir, &mut self.fields);
            }
            if moved_on(dir, stat) {
                self.fields.truncate(process);
            }
            tell(spool, Kind::Exec, pid, &self.fields)?;
        }
        if stat.ended && !known.ended {
            known.ended = true;
            tell(spool, Kind::Exit, pid, &[])?;
        }
        Ok(())
    }

    fn stat(&self, pid: Pid) -> Option<(OwnedFd, Stat)> {
        let dir = self.proc.of(pid)?;
        let stat = Stat::of(dir.as_fd())?;
        Some((dir, stat))
    }
}

impl Known {
    fn of(stat: &Stat, seen: u64) -> Self {
        Self {
            started: stat.started,
            executed: stat.executed,
            image: stat.image,
            ended: stat.ended,
            seen,
        }
    }

    /// Whether it has executed something since the last look; from then on that is known.
    fn executes(&mut self, stat: &Stat) -> bool {
        if stat.image == Image::None && !stat.ended {
            // In the midst of it: the next look tells more.
            return false;
        }
        let first = stat.executed && !self.executed;
        let moved =
            matches!((self.image, stat.image), (Image::At(old), Image::At(new)) if old != new);
        if let Image::At(_) = stat.image {
            self.image = stat.image;
        }
        self.executed = stat.executed;
        first || moved
    }
}

fn parent(stat: &Stat, fields: &mut Vec<u8>) {
    if let Some(ppid) = stat.ppid {
        lookup_codec::keep(Tag::Ppid, &ppid.to_le_bytes(), fields);
    }
}

/// Whether it has executed something else meanwhile: then which of the two the fields are of is not known, and
/// the next look will say that it did.
fn moved_on(dir: BorrowedFd<'_>, stat: &Stat) -> bool {
    Stat::of(dir).is_some_and(|now| now.image != stat.image && now.image != Image::None)
}

fn tell(spool: &mut Spool, kind: Kind, pid: Pid, fields: &[u8]) -> Result<()> {
    let head = lookup_codec::head(kind, pid);
    Ok(spool.write_parts(clock::now(), &[&head, fields])?)
}

fn pids() -> Result<Vec<Pid>> {
    Ok(Proc::pids().map_err(|error| format!("/proc: {error}: mount it"))?)
}
