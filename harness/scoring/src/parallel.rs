//! Two things at once: scoring is meant to be fast on two CPUs, and gains little from more.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Less than so many truths and events are not worth a thread.
const WORTH_A_THREAD: usize = 20_000;

/// Does both, at once where so many `items` are worth it and a thread can be had.
pub(crate) fn both<A: Send, B>(
    items: usize,
    one: impl FnOnce() -> A + Send,
    two: impl FnOnce() -> B,
) -> (A, B) {
    if items < WORTH_A_THREAD {
        return (one(), two());
    }
    at_once(one, two)
}

/// Whether there is a second thread: what is done in either has no use for a third.
static TWO: AtomicBool = AtomicBool::new(false);

/// Does both, at once where a thread can be had.
pub fn at_once<A: Send, B>(one: impl FnOnce() -> A + Send, two: impl FnOnce() -> B) -> (A, B) {
    if TWO.swap(true, Relaxed) {
        return (one(), two());
    }
    let _over = Over;
    threaded(one, two)
}

/// There is one thread again, also after a panic.
struct Over;

impl Drop for Over {
    fn drop(&mut self) {
        TWO.store(false, Relaxed);
    }
}

fn threaded<A: Send, B>(one: impl FnOnce() -> A + Send, two: impl FnOnce() -> B) -> (A, B) {
    // Kept here as well: a thread that cannot be started takes what it was to do with it.
    let kept = Mutex::new(Some(one));
    let take = || kept.lock().ok().and_then(|mut kept| kept.take());
    std::thread::scope(|scope| {
        let begun = std::thread::Builder::new().spawn_scoped(scope, || take().map(|one| one()));
        let two = two();
        let done = match begun.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_no_thread) => None,
        };
        match done.or_else(|| take().map(|one| one())) {
            Some(one) => (one, two),
            None => unreachable!("it is done in the thread or here"),
        }
    })
}

/// `of` each of `items`, two at a time, in their order.
pub fn each<T: Sync, R: Send>(items: &[T], of: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Relaxed);
            match items.get(place) {
                Some(item) => done.push((place, of(item))),
                None => {
                    // What the other still does may have this thread's place.
                    TWO.store(false, Relaxed);
                    return done;
                }
            }
        }
    };
    let (mut all, more) = at_once(work, work);
    all.extend(more);
    all.sort_unstable_by_key(|one| one.0);
    all.into_iter().map(|one| one.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_back_once_and_in_its_place() {
        for count in [0, 1, 2, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|one| one * 2).collect();
            assert_eq!(each(&items, |one| one * 2), doubled);
        }
    }
}
