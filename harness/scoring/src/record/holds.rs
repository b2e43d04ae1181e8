//! A monitor's buffer, as a record has it.

use serde::{Deserialize, Serialize};

/// What holds events between the kernel, or the program that made them, and a monitor's reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffer {
    /// How much it holds, in `unit`; `None` where nothing bounds it or its size cannot be told.
    pub capacity: Option<u64>,
    /// The highest fill that was seen at any read, a lower bound of the highest there was; `None`
    /// where it cannot be read.
    pub peak: Option<u64>,
    /// `bytes`, `records` or `messages`; [`Buffer::NONE`], [`Buffer::UNKNOWN`].
    pub unit: String,
    /// The least that one event takes in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_per_event: Option<u64>,
}

impl Buffer {
    /// The unit of a technique without a buffer that events could fill.
    pub const NONE: &str = "none";
    /// The unit of one of which it cannot be told.
    pub const UNKNOWN: &str = "unknown";

    /// The most events that it can hold.
    pub fn capacity_in_events(&self) -> Option<u64> {
        self.capacity
            .zip(self.least_per_event)
            .map(|(all, one)| all / one.max(1))
    }
}
