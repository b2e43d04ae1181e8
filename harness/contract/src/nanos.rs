/// Nanoseconds of CLOCK_MONOTONIC: the one clock of truths, events and stamps.
pub type Nanos = u64;
