use serde::{Deserialize, Serialize};

/// What may have disturbed a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Clock ticks (1/100 s) the hypervisor gave to others, all CPUs together.
    pub steal_ticks: u64,
    /// Microseconds for which a CPU quota held this process's control group or one around it, all
    /// groups and CPUs together; `None` in records of harnesses that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_us: Option<u64>,
    /// One-minute load when it began.
    pub load: f64,
    /// More than 2 % of the time of all CPUs went to other guests.
    pub stolen: bool,
    /// A quota kept more than 2 % of the time of all CPUs.
    #[serde(default)]
    pub throttled: bool,
    /// How often it was run again because it was stolen.
    pub reruns: u32,
}
