use std::sync::Mutex;

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
