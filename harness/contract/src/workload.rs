use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::kind::Kind;
use crate::options::{OptionSpec, Options};

/// How many events of each kind, in the order of [`Kind::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub [u64; 3]);

impl Counts {
    /// The number for one kind.
    pub const fn of(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// All kinds together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// A program that a workload executes: what exe and argv must be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The file, as /proc/PID/exe will name it.
    pub exe: PathBuf,
    /// The arguments in the form of [`crate::argv_bytes`]; the bytes `{nonce}` stand for the
    /// word, unique on the machine, that every executed program is given, and `{nonce+2}` for
    /// that of the second process after it in the ledger.
    pub argv: Vec<u8>,
}

/// What a model makes of its options: everything the runner needs to run it inside its fence and
/// to know whether the ledger is whole.
#[derive(Clone, Debug)]
pub struct Script {
    /// Programs that will be executed; the first is the one the runner starts.
    pub programs: Vec<Program>,
    /// How many ledger slots it needs at most: one for each program image that ever lives.
    pub slots: u32,
    /// How many events there must be, no more and no less, the first program's own included.
    pub expected: Counts,
    /// At most so many processes at once.
    pub live: u32,
    /// The memory limit of the runner and all processes together.
    pub memory_bytes: u64,
    /// Words for the first program, after its name and its nonce.
    pub words: Vec<String>,
    /// The first program only drives: its own events are not the workload's.
    pub driver: Option<Driver>,
}

/// What is special about a driver: a first program that makes others do something, watches them
/// and writes the truths of them all, because they cannot or shall not do so themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Driver {
    /// It is started before the monitor, and told to go on when that is ready.
    pub early: bool,
    /// It may start set-user-id programs: the fence leaves the kernel's no_new_privs off.
    pub gains: bool,
    /// It and its processes are root's: they change users and control groups.
    pub root: bool,
}

/// A model of load: a program that causes events and writes each one down itself.
pub trait Workload: Sync {
    /// One lower-case word or several joined by hyphens.
    fn name(&self) -> &'static str;

    /// What it does, in one line.
    fn about(&self) -> &'static str;

    /// The parameters a definition may set.
    fn options(&self) -> &'static [OptionSpec];

    /// What it will do with these options, at `scale` times the number of processes, with its
    /// programs installed in `programs`.
    fn script(&self, options: &Options, scale: f64, programs: &Path) -> Result<Script>;
}
