use contract::{Event, Ledger, Owned, Pid};
use std::collections::HashMap;

/// The kernel gives no pid above this (PID_MAX_LIMIT), so no table need be longer.
const PID_MAX: usize = 1 << 22;

/// Truths and events dealt out to the pids of the ledger.
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
    fn new(pids: impl Iterator<Item = Pid> + Clone, top: usize) -> Self {
        let mut starts = vec![0_u32; top + 2];
        for pid in pids.clone() {
            starts[(pid as usize).min(top) + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut order = vec![0; sum as usize];
        for (index, pid) in pids.enumerate() {
            let place = &mut starts[(pid as usize).min(top)];
            order[*place as usize] = index as u32;
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
    pub(super) fn new(ledger: &Ledger, events: &[Event]) -> Self {
        let known = ledger.truths.iter().map(|truth| truth.pid);
        let known = known.chain(ledger.owned.iter().map(|owned| owned.pid));
        // Whatever pids a monitor makes up, the tables are no longer than the ledger's largest
        // pid; everything above shares the last place.
        let top = known.max().map_or(0, |pid| (pid as usize).min(PID_MAX) + 1);
        let mut owned: HashMap<Pid, Vec<Owned>> = HashMap::new();
        for entry in &ledger.owned {
            owned.entry(entry.pid).or_default().push(*entry);
        }
        Self {
            truths: ByPid::new(ledger.truths.iter().map(|truth| truth.pid), top),
            events: ByPid::new(events.iter().map(|event| event.pid), top),
            owned,
        }
    }

    fn top(&self) -> Pid {
        (self.truths.starts.len() - 2) as Pid
    }

    /// The pids that may have something to pair.
    pub(super) fn pids(&self) -> impl Iterator<Item = Pid> {
        (0..self.top()).filter(|&pid| !self.events.of(pid as usize).is_empty())
    }

    /// Events about pids beyond any of the ledger's.
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
