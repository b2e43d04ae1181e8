use crate::arena::{DetailsId, Span};
use crate::kind::Pid;

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
    /// See [`crate::Field::Ppid`].
    pub ppid: Option<Pid>,
    /// See [`crate::Field::Status`].
    pub status: Option<i32>,
    /// See [`crate::Field::Exe`].
    pub exe: Option<Span>,
    /// See [`crate::Field::Argv`]; the bytes are those of [`crate::argv_bytes`].
    pub argv: Option<Span>,
    /// Which of them were cut.
    pub cut: Cut,
    /// The other fields, where any is known.
    pub details: Option<DetailsId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_take_no_room_in_an_event_without_them() {
        let usual = size_of::<(Option<Pid>, Option<i32>, Option<Span>, Option<Span>)>();
        assert_eq!(
            size_of::<Fields>(),
            usual + 8,
            "the cuts and the details share a word"
        );
    }
}
