use std::collections::HashMap;
use std::ops::Range;

use contract::{Event, Ledger, Owned, Pid};

use super::other_lives::OtherLives;
use crate::parallel::both;

/// The kernel gives no pid above this (PID_MAX_LIMIT), so no table need be longer.
const PID_MAX: usize = 1 << 22;

/// Truths and events dealt out to the pids that are known.
pub(super) struct Buckets {
    truths: ByPid,
    events: ByPid,
    owned: HashMap<Pid, Vec<Owned>>,
}

/// Indexes ordered by pid: those of one pid lie between two starts.
struct ByPid {
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl ByPid {
    /// Deals by counting. Afterwards every start has moved on to the end of its pid, which is the
    /// start of the next, so one table does for both.
    fn new(pids: &[Pid], top: usize) -> Self {
        let mut starts = vec![0_u32; top + 2];
        for &pid in pids {
            starts[(pid as usize).min(top) + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut order = vec![0; sum as usize];
        for (index, &pid) in (0..).zip(pids) {
            let place = &mut starts[(pid as usize).min(top)];
            order[*place as usize] = index;
            *place += 1;
        }
        starts.pop();
        starts.insert(0, 0);
        Self { starts, order }
    }

    fn of(&self, place: usize) -> &[u32] {
        &self.order[self.starts[place] as usize..self.starts[place + 1] as usize]
    }
}

impl Buckets {
    pub(super) fn new(ledger: &Ledger, events: &[Event], others: Option<&OtherLives>) -> Self {
        // Taken out once: the pids alone are a twentieth of what they lie in.
        let truths: Vec<Pid> = ledger.truths.iter().map(|truth| truth.pid).collect();
        let known = truths.iter().copied();
        let known = known.chain(ledger.owned.iter().map(|owned| owned.pid));
        let known = known.chain(others.into_iter().flat_map(OtherLives::pids));
        // Whatever pids a monitor makes up, the tables are no longer than the largest that
        // is known; everything above shares the last place.
        let top = known.fold(0, |top, pid| top.max((pid as usize).min(PID_MAX) + 1));
        let mut owned: HashMap<Pid, Vec<Owned>> = HashMap::new();
        for entry in &ledger.owned {
            owned.entry(entry.pid).or_default().push(*entry);
        }
        let items = truths.len() + events.len();
        let of_events = || {
            let pids: Vec<Pid> = events.iter().map(|event| event.pid).collect();
            ByPid::new(&pids, top)
        };
        let (truths, events) = both(items, move || ByPid::new(&truths, top), of_events);
        Self {
            truths,
            events,
            owned,
        }
    }

    /// All pids there are tables for, in two parts with about as many truths and events each.
    pub(super) fn halves(&self) -> [Range<Pid>; 2] {
        let before = |pid: usize| self.truths.starts[pid] + self.events.starts[pid];
        let all = before(self.top() as usize);
        let (mut low, mut high) = (0, self.top() as usize);
        while low < high {
            let middle = usize::midpoint(low, high);
            if before(middle) < all / 2 {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        [0..low as Pid, low as Pid..self.top()]
    }

    fn top(&self) -> Pid {
        (self.truths.starts.len() - 2) as Pid
    }

    /// Events about pids beyond any that is known.
    pub(super) fn foreign(&self) -> &[u32] {
        self.events.of(self.top() as usize)
    }

    /// Whether the ledger has anything about `pid`.
    pub(super) fn knows(&self, pid: Pid) -> bool {
        pid < self.top() && (!self.truths_of(pid).is_empty() || self.owned.contains_key(&pid))
    }

    pub(super) fn truths_of(&self, pid: Pid) -> &[u32] {
        self.truths.of(pid as usize)
    }

    pub(super) fn events_of(&self, pid: Pid) -> &[u32] {
        self.events.of(pid as usize)
    }

    pub(super) fn owned_of(&self, pid: Pid) -> Option<&[Owned]> {
        self.owned.get(&pid).map(Vec::as_slice)
    }
}
