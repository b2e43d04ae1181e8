use serde::{Deserialize, Serialize};

/// Counts over the processes that were forked. `correct + wrong + orphans + missing = lives`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    /// Whether the monitor names parents; where not, all of them are missing.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub parents: bool,
    /// Processes that were forked.
    pub lives: u64,
    /// Whose parent in the tree is their parent.
    pub correct: u64,
    /// Whose parent in the tree is another process.
    pub wrong: u64,
    /// Whose parent was named, rightly, before anything was told of that parent.
    pub orphans: u64,
    /// Of which no parent was told.
    pub missing: u64,
    /// Told in whole: fork, every exec and exit, in this order, and the parent correct; `None` where the
    /// monitor does not offer all three kinds and parents.
    pub complete: Option<u64>,
    /// Processes an exec of which was delivered before their fork.
    pub exec_before_fork: u64,
    /// Processes whose exit was delivered before an exec.
    pub exit_before_exec: u64,
    /// Matched events.
    pub events: u64,
    /// Those of them that were delivered after an event that certainly happened later.
    pub inversions: u64,
    /// The most by which one of them had certainly happened earlier, in milliseconds.
    pub longest_inversion_ms: f64,
}

/// Records that were made before it was kept have it only where parents are named.
fn yes() -> bool {
    true
}

impl Default for Lineage {
    fn default() -> Self {
        Self {
            parents: true,
            lives: 0,
            correct: 0,
            wrong: 0,
            orphans: 0,
            missing: 0,
            complete: None,
            exec_before_fork: 0,
            exit_before_exec: 0,
            events: 0,
            inversions: 0,
            longest_inversion_ms: 0.0,
        }
    }
}

impl Lineage {
    /// Of several cells.
    pub fn together<'a>(each: impl Iterator<Item = &'a Self>) -> Option<Self> {
        each.copied().reduce(|all, one| Self {
            parents: all.parents || one.parents,
            lives: all.lives + one.lives,
            correct: all.correct + one.correct,
            wrong: all.wrong + one.wrong,
            orphans: all.orphans + one.orphans,
            missing: all.missing + one.missing,
            complete: all.complete.zip(one.complete).map(|(all, one)| all + one),
            exec_before_fork: all.exec_before_fork + one.exec_before_fork,
            exit_before_exec: all.exit_before_exec + one.exit_before_exec,
            events: all.events + one.events,
            inversions: all.inversions + one.inversions,
            longest_inversion_ms: all.longest_inversion_ms.max(one.longest_inversion_ms),
        })
    }
}
