//! The clock of all stamps.

use contract::Nanos;
use nix::time::{ClockId, clock_gettime};

/// Now, on CLOCK_MONOTONIC.
pub(super) fn now() -> Nanos {
    // The call fails only for a clock that the kernel does not know.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
    })
}
