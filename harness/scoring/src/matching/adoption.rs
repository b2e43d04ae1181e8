use contract::{Kind, Pid};

use super::input::Input;
use super::lifetimes::Lifetimes;
use super::results::Results;
use super::time_span::TimeSpan;
use super::verdict::Verdict;

/// An event about an unknown process is a false positive all the same when it says that the process came
/// from one of the workload's: a thread taken for a child, say.
pub(super) fn adopt(input: &Input<'_>, mut strays: Vec<u32>, results: &Results) {
    let parent = |stray: u32| -> Option<Pid> {
        let event = &input.events[stray as usize];
        let ppid = event.fields.ppid.filter(|_| event.kind != Kind::Exit);
        ppid.filter(|&ppid| input.buckets.knows(ppid))
    };
    strays.retain(|&stray| parent(stray).is_some());
    strays.sort_unstable_by_key(|&stray| parent(stray));
    let mut lifetimes = Lifetimes::default();
    let mut loaded = None;
    for stray in strays {
        let ppid = parent(stray);
        if let Some(pid) = ppid.filter(|_| ppid != loaded) {
            lifetimes.load(&input.buckets, pid, input.ledger);
            loaded = ppid;
        }
        let event = &input.events[stray as usize];
        if lifetimes.overlap(TimeSpan::of(event, input.clock).patient()) {
            results.set(stray, Verdict::FalsePositive);
        }
    }
}
