use crate::arena::Span;
use crate::kind::Pid;

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
}

impl Field {
    /// All fields, in the order of every table.
    pub const ALL: [Field; 4] = [Field::Exe, Field::Argv, Field::Ppid, Field::Status];

    /// The word used in every format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::Exe => "exe",
            Field::Argv => "argv",
            Field::Ppid => "ppid",
            Field::Status => "status",
        }
    }
}

/// Which fields are known to be cut short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// `exe` is only the beginning (or the end) of the path.
    pub exe: bool,
    /// `argv` is only the beginning.
    pub argv: bool,
}

/// What is known of one event beside its kind, pid and time. Not observed is `None`, never a
/// default: a monitor that guesses is wrong, one that leaves out is incomplete, and these differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// See [`Field::Ppid`].
    pub ppid: Option<Pid>,
    /// See [`Field::Status`].
    pub status: Option<i32>,
    /// See [`Field::Exe`].
    pub exe: Option<Span>,
    /// See [`Field::Argv`]; the bytes are those of [`crate::argv_bytes`].
    pub argv: Option<Span>,
    /// Which of them were cut.
    pub cut: Cut,
}
