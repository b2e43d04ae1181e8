//! The fields beside exe, argv and ppid, looked up in /proc: all but the path as it was given, which it
//! does not have. Eight files of a process are read for them.

use std::fs;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;

use contract::{DetailsBuf, Field, Nanos, proc_forms};
use nix::fcntl::{AtFlags, readlinkat};
use nix::sys::stat::fstatat;

use super::clock;
use super::lookup_codec::{self, Tag};
use super::process_stat;
use super::slurp::slurp;

/// What can be found: all but the first, the path.
pub(crate) const FIELDS: &[Field] = Field::DETAILS.split_at(1).1;

/// PF_EXITING of the kernel.
const EXITING: u64 = 4;

/// Looks them up, with room for what is read.
pub(crate) struct ProcDetails {
    /// Where control groups of version 2 are mounted.
    unified: Option<String>,
    /// A tick, and how far the clock of starts is ahead of CLOCK_MONOTONIC.
    tick: Nanos,
    scratch: Vec<u8>,
    found: DetailsBuf,
}

impl ProcDetails {
    pub(crate) fn new() -> Self {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        Self {
            unified: proc_forms::unified_mount(&mounts).map(str::to_owned),
            tick: process_stat::tick().as_nanos() as Nanos,
            scratch: vec![0; 8 << 10],
            found: DetailsBuf::default(),
        }
    }

    /// Adds to `fields` what is to be had of the process whose folder in /proc is `dir`.
    pub(crate) fn keep(&mut self, dir: BorrowedFd<'_>, fields: &mut Vec<u8>) {
        self.found.clear();
        if let Some(comm) = self.read(dir, c"comm") {
            let comm = comm.strip_suffix("\n").unwrap_or(&comm).as_bytes().to_vec();
            self.found.text(Field::Comm, &comm);
        }
        if let Ok(cwd) = readlinkat(dir, "cwd") {
            self.found.text(Field::Cwd, cwd.as_encoded_bytes());
        }
        let status = self.read(dir, c"status").unwrap_or_default();
        self.users(&status);
        if let Some(auid) = self
            .read(dir, c"loginuid")
            .and_then(|text| text.trim().parse::<u32>().ok())
        {
            self.found.number(Field::Auid, auid);
        }
        if let Some(stat) = self.read(dir, c"stat") {
            self.stat(&stat);
        }
        let cgroup = self.read(dir, c"cgroup");
        if let Some(number) = cgroup.and_then(|cgroup| self.cgroup(&cgroup)) {
            self.found.number(Field::Cgroup, number);
        }
        if let Ok(about) = fstatat(dir, "ns/pid", AtFlags::empty()) {
            self.found.number(Field::PidNs, about.st_ino);
        }
        if let Some(inner) = line(&status, "NSpid:").last() {
            self.found.number(Field::InnerPid, *inner);
        }
        let details = self.found.details();
        if !details.is_empty() {
            lookup_codec::keep(Tag::Details, details.bytes(), fields);
        }
    }

    fn read(&mut self, dir: BorrowedFd<'_>, name: &std::ffi::CStr) -> Option<String> {
        let length = slurp(dir, name, &mut self.scratch).filter(|length| *length > 0)?;
        Some(String::from_utf8_lossy(&self.scratch[..length]).into_owned())
    }

    fn users(&mut self, status: &str) {
        if let [uid, euid, ..] = line(status, "Uid:")[..] {
            self.found.number(Field::Uid, uid);
            self.found.number(Field::Euid, euid);
        }
        if let [gid, ..] = line(status, "Gid:")[..] {
            self.found.number(Field::Gid, gid);
        }
    }

    /// Behind the name, which may hold anything, stand state, ppid, pgrp, session, tty, flags as the seventh
    /// and the start as the 20th, in ticks since boot. A process on its way out has given its terminal
    /// back, and had one or not.
    fn stat(&mut self, stat: &str) {
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        let word = |at: usize| words.get(at)?.parse::<u64>().ok();
        if let Some(session) = word(3) {
            self.found.number(Field::Session, session);
        }
        let ending = word(6).is_none_or(|flags| flags & EXITING != 0);
        let tty = word(4).filter(|_| !ending);
        let tty = tty.and_then(|tty| u32::try_from(tty).ok());
        if let Some(tty) = tty.and_then(proc_forms::terminal) {
            self.found.text(Field::Tty, tty.as_bytes());
        }
        if let Some(ticks) = word(19) {
            let suspended = process_stat::since_boot().as_nanos() as Nanos;
            let suspended = suspended.saturating_sub(clock::now());
            let started = (ticks * self.tick).saturating_sub(suspended);
            self.found.number(Field::StartNs, started);
        }
    }

    /// `None` also where the folder is gone already.
    fn cgroup(&self, cgroup: &str) -> Option<u64> {
        let path = proc_forms::unified_path(cgroup)?;
        let about = fs::metadata(format!("{}{path}", self.unified.as_ref()?)).ok()?;
        Some(about.ino())
    }
}

/// The numbers of a line of /proc/PID/status.
fn line(status: &str, name: &str) -> Vec<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let words = line.unwrap_or_default().split_ascii_whitespace();
    words.filter_map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests;
