//! Children inside a nested pid namespace.
//!
//! A process in there is told the number that its child has in there, while every record names
//! processes by the number outside. Such a number is known by its size: outside, none below
//! [`RESERVED`] is given again once pids have come that far. So a call that returns one waits for
//! the child to do something itself, and one that is killed before it does is not seen.

use std::collections::VecDeque;

use super::process::{Caller, ROOM};

/// RESERVED_PIDS of the kernel: where pids begin again after they have come round.
const RESERVED: u32 = 300;
/// Children remembered of one parent that were there before the call that made them.
const EARLY: usize = 8;

/// Whether `child`, as `parent`'s call returned it, is a number from inside.
pub(super) const fn told(parent: u32, child: u32) -> bool {
    child < RESERVED && parent >= RESERVED
}

/// Of one parent, what is known of children by halves.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// Calls that returned a number from inside.
    calls: VecDeque<Caller>,
    /// Children that no call has returned so far.
    early: VecDeque<u32>,
}

impl Inside {
    /// A call returned a number from inside, and no child is there yet that it may mean.
    pub(super) fn called(&mut self, by: Caller) {
        self.calls.push_back(by);
        if self.calls.len() > ROOM {
            self.calls.pop_front();
        }
    }

    /// A child shows itself: the call that made it, or nothing, and then it is remembered.
    pub(super) fn show(&mut self, child: u32) -> Option<Caller> {
        let call = self.calls.pop_front();
        if call.is_none() {
            self.early.push_back(child);
            if self.early.len() > EARLY {
                self.early.pop_front();
            }
        }
        call
    }

    /// The next child that showed itself before its call.
    pub(super) fn shown(&mut self) -> Option<u32> {
        self.early.pop_front()
    }
}
