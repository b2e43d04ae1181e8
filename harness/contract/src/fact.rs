use crate::{Pid, Span};

/// The facts a moment may carry; which of them a monitor offers is in its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Fact {
    /// Path of the file that runs, as /proc/PID/exe names it.
    Exe,
    /// The arguments as the new program gets them: for a script its interpreter's, which begin
    /// with the interpreter; since Linux 5.18 one empty argument where none was passed.
    Argv,
    /// Pid of the parent at that moment.
    Ppid,
    /// How it ended, as waitpid would say: exit code times 256, or the signal (plus 128 for a core).
    Status,
}

impl Fact {
    /// All facts, in the order of every table.
    pub const ALL: [Fact; 4] = [Fact::Exe, Fact::Argv, Fact::Ppid, Fact::Status];

    /// The word used in every format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fact::Exe => "exe",
            Fact::Argv => "argv",
            Fact::Ppid => "ppid",
            Fact::Status => "status",
        }
    }
}

/// Which facts are known to be cut short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// `exe` is only the beginning (or the end) of the path.
    pub exe: bool,
    /// `argv` is only the beginning.
    pub argv: bool,
}

/// What is known of one moment beside its kind, pid and time. Not observed is `None`, never a
/// default: a monitor that guesses is wrong, one that leaves out is incomplete, and these differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// See [`Fact::Ppid`].
    pub ppid: Option<Pid>,
    /// See [`Fact::Status`].
    pub status: Option<i32>,
    /// See [`Fact::Exe`].
    pub exe: Option<Span>,
    /// See [`Fact::Argv`]; the bytes are those of [`crate::argv_bytes`].
    pub argv: Option<Span>,
    /// Which of them were cut.
    pub cut: Cut,
}
