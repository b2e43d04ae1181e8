/// Less than so many truths and events are not worth a thread.
const WORTH_A_THREAD: usize = 20_000;

/// Does both, at once where so many `items` are worth it.
pub(crate) fn both<A: Send, B>(
    items: usize,
    one: impl FnOnce() -> A + Send,
    two: impl FnOnce() -> B,
) -> (A, B) {
    if items < WORTH_A_THREAD {
        return (one(), two());
    }
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let two = two();
        match one.join() {
            Ok(one) => (one, two),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
