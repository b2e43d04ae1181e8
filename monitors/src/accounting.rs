//! `accounting`: process accounting, acct(2). The kernel appends a record of 64 bytes to a file when
//! a process ends, and inotify tells that it has.
//!
//! Hook point: acct_process in do_exit, for the last thread of a process, before its parent is told.
//! Minimum kernel: 5.10 (version 3 of the record is of 2.6.11). Config: CONFIG_BSD_PROCESS_ACCT=y,
//! CONFIG_BSD_PROCESS_ACCT_V3=y. Capability: CAP_SYS_PACCT. Its pids are those of the pid namespace
//! that switched it on; of the namespaces below that everything is told, of those above nothing.
//!
//! What it tells: pid, parent and status. The name in a record (`ac_comm`) is 15 bytes that any
//! program may set for itself, so it is no exe. What it cannot see: forks, execs, and processes that
//! have not ended yet.
//!
//! Where the status is not the process's: the record has the code with which the *last* thread left.
//! Where the first thread ended with a code of its own before that, waitpid says the first one's.
//!
//! When: a record has the second of the wall clock in which the process began and a number of
//! ticks that it lived, rounded to 24 bits. Together they are good to a second at best, of a clock
//! that may be set; so no time is told, only when the record was read.
//!
//! Where the kernel drops, silently: (1) when the file system has no more than 2 % available,
//! looked at every 30 seconds, it stops, and goes on from 4 % (/proc/sys/kernel/acct has the three
//! numbers, and [`no_space`] asks for what they say). (2) When the file system is frozen or the write fails. (3) When another program calls
//! acct(2): there is one file for a namespace, the one named last. None of these is
//! counted anywhere, so nothing is ever reported as lost; but a capture at whose end the kernel writes
//! into its file no more fails, and says so.
//!
//! All share the one file, so this and the harness's cross-check exclude each other: both
//! write to [`file`], whose existence says that accounting is on and whose it is; under this monitor
//! another cross-check vouches. Accounting that others may have on is left alone, see [`missing`].

mod decode;
mod follow;
mod others;
mod record;
mod space;

#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use caps::{CapSet, Capability};
use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Recovered, Result, Session, Unavailable,
};

use follow::{Follower, detailed, switch_off};

pub use others::others_account;
pub use record::AcctRecord;
use space::SETTINGS;
pub use space::no_space;

pub(crate) struct Accounting;

const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "fields",
    default: "base",
    kind: OptionKind::Word(&["base", "all"]),
    about: "told of an exit; all: comm, uid, gid and tty too, which are in its records anyway",
}];

impl Monitor for Accounting {
    fn name(&self) -> &'static str {
        "accounting"
    }

    fn about(&self) -> &'static str {
        "process accounting: the kernel's record of each process that ended"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, options: &Options) -> Claims {
        let claims = Claims::none(Clock::None).with(Kind::Exit, &[Field::Ppid, Field::Status]);
        if detailed(options) {
            let more = [Field::Comm, Field::Uid, Field::Gid, Field::Tty];
            return claims.with(Kind::Exit, &more);
        }
        claims
    }

    fn usual(&self) -> bool {
        false
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        missing()
    }

    /// The kernel appends to a file, which grows until its file system has little space left.
    fn buffer(&self, _: &Options) -> Buffer {
        Buffer::Unbounded
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        Follower::start(&file()?)?.run(session)?;
        Ok(Counters::default())
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }

    fn recover(&self) -> Result<Recovered> {
        recover().map(Recovered::done)
    }
}

/// Where the kernel writes while this project has accounting switched on; not there otherwise. Each pid
/// namespace has an accounting of its own, and can switch off no other.
pub fn file() -> io::Result<PathBuf> {
    let name = match crate::common::namespaces::other_pids() {
        Some(namespace) => format!("accounting-{namespace}"),
        None => "accounting".into(),
    };
    Ok(crate::common::host_lock::dir()?.join(name))
}

/// What it takes to switch accounting on without taking it from another program.
pub fn missing() -> Vec<Unavailable> {
    let mut missing = Vec::new();
    if !may_switch() {
        let what = "CAP_SYS_PACCT";
        missing.push(crate::common::reasons::no_right(what, &["SYS_PACCT"]));
    }
    let mut lack = |what: String, remedy: &str| missing.push(Unavailable::new(what, remedy));
    let why = "the kernel lets no other switch it";
    let other_users = crate::common::namespaces::missing(&["user"], why);
    if let Some(other) = others_account() {
        let remedy = "remove the package of it, if it is not needed";
        lack(
            format!("accounting for itself, and {other} is there"),
            remedy,
        );
    }
    missing.extend(match crate::common::host_lock::dir() {
        Ok(dir) => no_space(&dir),
        Err(why) => Some(Unavailable::new(
            "a folder for the accounts",
            why.to_string(),
        )),
    });
    let config = "CONFIG_BSD_PROCESS_ACCT=y and CONFIG_BSD_PROCESS_ACCT_V3=y";
    missing.extend(crate::common::reasons::not_shown(SETTINGS, config));
    missing.extend(other_users);
    missing
}

/// Switches off what a killed run left on, the cross-check's as well; its file is the sign of that.
fn recover() -> Result<Vec<String>> {
    // Without a folder for it there is no file.
    let Some(file) = file().ok().filter(|_| may_switch()) else {
        return Ok(Vec::new());
    };
    if !follow::is_left(&file) {
        return Ok(Vec::new());
    }
    switch_off(&file)?;
    Ok(vec!["process accounting is off again".into()])
}

fn may_switch() -> bool {
    caps::has_cap(None, CapSet::Effective, Capability::CAP_SYS_PACCT).unwrap_or(false)
}
