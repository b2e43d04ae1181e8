use std::collections::VecDeque;

use super::buckets::Buckets;
use super::time_span::TimeSpan;
use contract::{Kind, Ledger, Nanos, Pid};

/// When a pid was the workload's: from each fork to the exit that ended it.
#[derive(Default)]
pub(super) struct Lifetimes {
    spans: Vec<(Nanos, Nanos)>,
    events: Vec<(Nanos, Kind, Nanos)>,
    open: VecDeque<Nanos>,
}

impl Lifetimes {
    /// The lives of `pid`, with the times it was owned without a event of its own.
    pub(super) fn load(&mut self, buckets: &Buckets, pid: Pid, ledger: &Ledger) {
        self.events.clear();
        let indexes = buckets.truths_of(pid).iter();
        let truths = indexes.map(|&index| &ledger.truths[index as usize]);
        self.events
            .extend(truths.map(|truth| (truth.after, truth.kind, truth.before)));
        self.events.sort_unstable();
        self.spans.clear();
        self.live();
        if let Some(owned) = buckets.owned_of(pid) {
            self.spans
                .extend(owned.iter().map(|owned| (owned.from, owned.until)));
        }
        self.merge();
    }

    /// Turns events into lives. The next owner's parent may take its stamp before the last
    /// owner's exit is stamped, so lives may overlap here: the first begun is the first to end.
    fn live(&mut self) {
        self.open.clear();
        for &(after, kind, before) in &self.events {
            if kind == Kind::Fork || self.open.is_empty() {
                self.open.push_back(after);
            }
            if kind == Kind::Exit {
                let since = self.open.pop_front().unwrap_or(after);
                self.spans.push((since, before.max(after)));
            }
        }
        let unended = self.open.drain(..).map(|since| (since, Nanos::MAX));
        self.spans.extend(unended);
    }

    /// Joins spans that overlap, so that the last one begun always reaches farthest.
    fn merge(&mut self) {
        self.spans.sort_unstable();
        self.spans.dedup_by(|next, last| {
            let joined = next.0 <= last.1;
            if joined {
                last.1 = last.1.max(next.1);
            }
            joined
        });
    }

    /// Whether the pid was the workload's at any time the event can speak of.
    pub(super) fn overlap(&self, span: TimeSpan) -> bool {
        let begun = self.spans.partition_point(|&(from, _)| from <= span.latest);
        self.spans[..begun]
            .last()
            .is_some_and(|&(_, until)| until >= span.earliest)
    }
}
