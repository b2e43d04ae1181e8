//! The lives that a ledger tells of: which exit and which execs belong to which fork.

use std::ops::Deref;

use contract::{Kind, Ledger, Nanos, Pid, Truth};

/// One process of the workload, by the places of its truths in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLife {
    /// Its id.
    pub pid: Pid,
    /// Its fork.
    pub fork: u32,
    /// Its programs, in the order of time.
    pub execs: Execs,
    /// Its end; `None` of one that was still there.
    pub exit: Option<u32>,
}

/// Places of execs. Of more than one there are few, and only these have memory of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Execs {
    /// No program, or the only one.
    AtMostOne(Option<u32>),
    /// All of them.
    Several(Vec<u32>),
}

impl Deref for Execs {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match self {
            Self::AtMostOne(one) => one.as_slice(),
            Self::Several(all) => all,
        }
    }
}

impl FromIterator<u32> for Execs {
    fn from_iter<I: IntoIterator<Item = u32>>(all: I) -> Self {
        let mut all = all.into_iter();
        match (all.next(), all.next()) {
            (Some(first), Some(second)) => {
                Self::Several([first, second].into_iter().chain(all).collect())
            }
            (one, _) => Self::AtMostOne(one),
        }
    }
}

/// All lives that begin with a fork, by pid and in the order of time.
///
/// Those of one pid follow each other, but their windows overlap: a fork may be stamped, and wait
/// for a CPU, while the last process of the pid it is going to get still runs. A process stamps its
/// own end while it has its pid, so ends are in order, and each takes the fork that was done first.
pub fn lives(ledger: &Ledger) -> Vec<LedgerLife> {
    // With their keys beside them: the truths themselves are too large to be looked at at each comparison.
    let keyed = (0..).zip(&ledger.truths);
    let mut places: Vec<(Pid, Nanos, u32)> = keyed
        .map(|(place, truth)| (truth.pid, truth.after, place))
        .collect();
    // A ledger is nearly in this order, of which only the stable sort makes use.
    places.sort();
    let (mut found, mut forks, mut of_pid) = (Vec::new(), Vec::new(), Vec::new());
    for same in places.chunk_by(|one, next| one.0 == next.0) {
        of_pid.clear();
        of_pid.extend(same.iter().map(|one| one.2));
        let of = Truths {
            ledger,
            of_pid: &of_pid,
        };
        of.lives(&mut forks, &mut found);
    }
    found
}

/// The truths of one pid, in the order of time.
#[derive(Clone, Copy)]
struct Truths<'a> {
    ledger: &'a Ledger,
    of_pid: &'a [u32],
}

impl Truths<'_> {
    fn truth(&self, place: u32) -> &Truth {
        &self.ledger.truths[place as usize]
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = u32> {
        let all = self.of_pid.iter().copied();
        all.filter(move |&place| self.truth(place).kind == kind)
    }

    /// `forks` is only room.
    fn lives(&self, forks: &mut Vec<u32>, found: &mut Vec<LedgerLife>) {
        forks.clear();
        forks.extend(self.of(Kind::Fork));
        let mut ended = 0;
        for exit in self.of(Kind::Exit) {
            let at = self.truth(exit).after;
            let begun = (0..forks.len()).filter(|&place| self.truth(forks[place]).after <= at);
            let Some(first) = begun.min_by_key(|&place| self.truth(forks[place]).before) else {
                continue;
            };
            let fork = forks.remove(first);
            found.push(self.life(fork, Some(exit), ended));
            ended = at;
        }
        for &fork in &*forks {
            found.push(self.life(fork, None, ended));
        }
    }

    /// `ended` is when the last process with this pid was.
    fn life(&self, fork: u32, exit: Option<u32>, ended: Nanos) -> LedgerLife {
        let since = self.truth(fork).after.max(ended);
        let until = exit.map_or(Nanos::MAX, |exit| self.truth(exit).before);
        let is_own = |&exec: &u32| (since..=until).contains(&self.truth(exec).after);
        LedgerLife {
            pid: self.truth(fork).pid,
            fork,
            execs: self.of(Kind::Exec).filter(is_own).collect(),
            exit,
        }
    }
}
