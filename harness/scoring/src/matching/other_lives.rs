//! The processes of the machine that are not the workload's: what may be reported of them without
//! fault, and no more than that.

use contract::{Life, Pid};

/// All of them, by pid and in the order of their beginnings.
pub(super) struct OtherLives(Vec<Life>);

impl OtherLives {
    pub(super) fn new(lives: &[Life]) -> Self {
        let mut lives = lives.to_vec();
        lives.sort_unstable_by_key(|life| (life.pid, life.from, life.until));
        Self(lives)
    }

    pub(super) fn of(&self, pid: Pid) -> &[Life] {
        let start = self.0.partition_point(|life| life.pid < pid);
        let length = self.0[start..].partition_point(|life| life.pid == pid);
        &self.0[start..start + length]
    }

    pub(super) fn pids(&self) -> impl Iterator<Item = Pid> {
        self.0.iter().map(|life| life.pid)
    }
}
