//! The one clock.

use contract::Nanos;
use nix::time::{ClockId, clock_gettime};

/// Now, on CLOCK_MONOTONIC: the clock of the ledger, of the proc connector and of BPF.
pub fn now() -> Nanos {
    // The call can only fail for a clock the kernel does not know.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
    })
}
