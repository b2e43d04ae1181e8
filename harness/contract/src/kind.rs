use std::fmt;
use std::str::FromStr;

/// A process id as the initial pid namespace knows it; always a thread group id, never a thread's.
pub type Pid = u32;

/// One of the three things that happen to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A process came to be: fork, vfork, clone or clone3 without CLONE_THREAD.
    Fork,
    /// A process replaced its program.
    Exec,
    /// A process, not merely one of its threads, ended.
    Exit,
}

impl Kind {
    /// All kinds, in the order of every table.
    pub const ALL: [Kind; 3] = [Kind::Fork, Kind::Exec, Kind::Exit];

    /// The word used in every format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Fork => "fork",
            Kind::Exec => "exec",
            Kind::Exit => "exit",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = crate::error::Error;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| format!("'{word}' is not a kind: use fork, exec or exit").into())
    }
}
