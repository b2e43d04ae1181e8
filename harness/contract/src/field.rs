use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The fields an event may carry; which of them a monitor offers is in its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Field {
    /// Path of the file that runs, as /proc/PID/exe names it.
    Exe,
    /// The arguments as the new program gets them: for a script its interpreter's, which begin
    /// with the interpreter; since Linux 5.18 one empty argument where none was passed.
    Argv,
    /// Pid of the parent at that event.
    Ppid,
    /// How it ended, as waitpid would say: exit code times 256, or the signal (plus 128 for a core).
    Status,
    /// The path as it was given to execve.
    Path,
    /// The name that the kernel keeps, as /proc/PID/comm shows it.
    Comm,
    /// The working directory, as /proc/PID/cwd names it.
    Cwd,
    /// Real user.
    Uid,
    /// Effective user.
    Euid,
    /// Real group.
    Gid,
    /// Login user, which audit sets; 4294967295 where none did.
    Auid,
    /// The session: the pid of the process that called setsid.
    Session,
    /// The controlling terminal by the kernel's name (`pts3`, `tty1`); empty where there is none.
    Tty,
    /// When the process was made, on CLOCK_MONOTONIC.
    StartNs,
    /// Its control group in the unified hierarchy: the number that its folder has as an inode.
    Cgroup,
    /// Its pid namespace: the number in the link /proc/PID/ns/pid.
    PidNs,
    /// Its pid in that namespace.
    InnerPid,
}

/// How many fields there are.
pub const FIELDS: usize = 17;

impl Field {
    /// All fields, in the order of every table.
    pub const ALL: [Field; FIELDS] = [
        Field::Exe,
        Field::Argv,
        Field::Ppid,
        Field::Status,
        Field::Path,
        Field::Comm,
        Field::Cwd,
        Field::Uid,
        Field::Euid,
        Field::Gid,
        Field::Auid,
        Field::Session,
        Field::Tty,
        Field::StartNs,
        Field::Cgroup,
        Field::PidNs,
        Field::InnerPid,
    ];
    /// Those that lie in [`crate::Fields`] itself.
    pub const USUAL: [Field; 4] = {
        let [exe, argv, ppid, status, ..] = Self::ALL;
        [exe, argv, ppid, status]
    };
    /// Those that are [`crate::Details`] of an event.
    pub const DETAILS: [Field; 13] = {
        let [_, _, _, _, details @ ..] = Self::ALL;
        details
    };

    /// Whether it is a path or a name (or several), not a number.
    pub const fn is_text(self) -> bool {
        use Field::{Argv, Comm, Cwd, Exe, Path, Tty};
        matches!(self, Exe | Argv | Path | Comm | Cwd | Tty)
    }

    /// The word used in every format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::Exe => "exe",
            Field::Argv => "argv",
            Field::Ppid => "ppid",
            Field::Status => "status",
            Field::Path => "path",
            Field::Comm => "comm",
            Field::Cwd => "cwd",
            Field::Uid => "uid",
            Field::Euid => "euid",
            Field::Gid => "gid",
            Field::Auid => "auid",
            Field::Session => "session",
            Field::Tty => "tty",
            Field::StartNs => "start_ns",
            Field::Cgroup => "cgroup",
            Field::PidNs => "pid_ns",
            Field::InnerPid => "inner_pid",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Field {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let found = Field::ALL.into_iter().find(|one| one.as_str() == word);
        found.ok_or_else(|| {
            let known: Vec<_> = Field::ALL.iter().map(|one| one.as_str()).collect();
            format!("'{word}' is not a field: use {}", known.join(", ")).into()
        })
    }
}
