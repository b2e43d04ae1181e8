//! What the kernel could not hand over: the probe counts what found the ring full, the kernel how often
//! it did not run a program.

use std::fs;
use std::os::fd::{AsFd, AsRawFd};

use aya::Ebpf;
use aya::maps::PerCpuArray;
use aya::programs::Program;
use contract::{Counters, Result};

use super::chain_of_causes::said;

/// The order of the probe's counters.
const COUNTS: [&str; 4] = ["ring_full", "exe_unread", "argv_unread", SLOTS_BUSY];
/// Only on LSM hooks: more execs of one CPU in the making at once than there is memory for.
const SLOTS_BUSY: &str = "slots_busy";

/// The probe's own counters, beside so many `misses`.
pub(super) fn read(bpf: &Ebpf, misses: u64) -> Result<Counters> {
    let mut counters = Counters::default();
    counters
        .reported_lost
        .insert("recursion_misses".into(), misses);
    let map = bpf
        .map("COUNTS")
        .ok_or("ebpf: the object has no COUNTS: rebuild it")?;
    let counts = PerCpuArray::<_, u64>::try_from(map).map_err(|why| said("COUNTS", &why))?;
    for (index, name) in (0..).zip(COUNTS) {
        let values = counts.get(&index, 0).map_err(|why| said("COUNTS", &why))?;
        let total: u64 = values.iter().sum();
        let kept = match name {
            SLOTS_BUSY if total == 0 => continue,
            "ring_full" | SLOTS_BUSY => &mut counters.reported_lost,
            _ => &mut counters.notes,
        };
        kept.insert(name.into(), total);
    }
    Ok(counters)
}

/// How often the kernel would not run the program because it, or by perf any other, was already
/// running on that CPU. Kernels before 5.12 do not tell.
pub(super) fn recursion_misses(name: &str, program: &Program) -> Result<u64> {
    let fd = program.fd().map_err(|why| said(name, &why))?;
    let path = format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd());
    let text = fs::read_to_string(&path).map_err(|why| said(&path, &why))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("recursion_misses:"));
    Ok(line
        .map(|number| number.trim().parse())
        .transpose()?
        .unwrap_or(0))
}
