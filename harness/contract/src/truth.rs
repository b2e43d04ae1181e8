use crate::arena::Arena;
use crate::details::Details;
use crate::fields::Fields;
use crate::kind::{Kind, Pid};
use crate::nanos::Nanos;
use crate::workload::Counts;

/// One event as the workload wrote it down.
///
/// It happened at some time in `after..=before`: the stamps its own processes took just before
/// and just after the call that made it.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    /// Not earlier than this.
    pub after: Nanos,
    /// Not later than this.
    pub before: Nanos,
    /// When its workload meant it to happen, where it keeps a timetable: held up, it happens later,
    /// and detection latency counts from here all the same.
    pub due: Option<Nanos>,
    /// What is known of it.
    pub fields: Fields,
    /// The process.
    pub pid: Pid,
    /// What happened to it.
    pub kind: Kind,
    /// A program that takes no stamps made the call (a shell, say), so the window is as wide as that
    /// program's life. Such a truth is counted, and its fields are judged; detection latency is not taken from it.
    pub loose: bool,
}

/// A pid that was the workload's for a time without any event being due for it: a thread id, or
/// the target of a call that failed. An event that a monitor reports of it is a false positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The id.
    pub pid: Pid,
    /// From when.
    pub from: Nanos,
    /// Until when.
    pub until: Nanos,
}

/// One process of the machine that is not the workload's, as process accounting or a look at /proc
/// knows it: a monitor may well report it, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Its id.
    pub pid: Pid,
    /// Not born before this: the coarseness of the source's clock is taken off already.
    pub from: Nanos,
    /// Not alive after this, the coarseness added.
    pub until: Nanos,
    /// Whether it ever executed a program.
    pub executed: bool,
}

/// All the truths of one run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The truths, in no promised order.
    pub truths: Vec<Truth>,
    /// The bytes of their fields.
    pub arena: Arena,
    /// Ids that were the workload's and had no event.
    pub owned: Vec<Owned>,
    /// Events of which only the number is known, beside the truths: a command that is not ours executed
    /// so many programs more than it had processes that executed, and nothing tells which of them did.
    pub ambiguous: Counts,
}

impl Ledger {
    /// What is known of `truth` beside its usual fields. Where these name a pid namespace and no pid
    /// in it, it is the one the truth is about: the process itself got it from getpid.
    pub fn details(&self, truth: &Truth) -> Details<'_> {
        self.arena.details(truth.fields.details)
    }
}
