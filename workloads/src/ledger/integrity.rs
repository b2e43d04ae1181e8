//! Whether a ledger is complete: every slot is, the parents agree, and all events are there.

use contract::{Counts, Kind};

use super::slot::{EXEC, EXIT, FORK, Slot};
use super::slots::Slots;

/// Checks that every slot is complete and consistent, that every process was made by the one that
/// claims it, and that there are as many events as the script expects.
pub(super) fn check(slots: &Slots<'_>, programs: usize, expected: Counts) -> Result<(), String> {
    let mut found = Counts::default();
    for (number, slot) in slots.iter().enumerate() {
        if let Some(flaw) = flaw(slots, number, &slot, programs) {
            return Err(format!("slot {number} (pid {}): {flaw}", slot.pid()));
        }
        for (count, kind) in found.0.iter_mut().zip([FORK, EXEC, EXIT]) {
            *count += u64::from(slot.has(kind));
        }
    }
    check_counts(found, expected)
}

/// Checks that there are as many events of each kind as expected.
pub(super) fn check_counts(found: Counts, expected: Counts) -> Result<(), String> {
    for kind in Kind::ALL {
        let (has, wanted) = (found.of(kind), expected.of(kind));
        if has != wanted {
            return Err(format!("has {has} {kind}s, expected {wanted}"));
        }
    }
    Ok(())
}

fn flaw(slots: &Slots<'_>, number: usize, slot: &Slot, programs: usize) -> Option<String> {
    if slot.has(EXEC) && slot.program as usize >= programs {
        return Some(format!("executed program {} of {programs}", slot.program));
    }
    // The first process was made by the runner, which has no slot.
    if number > 0 {
        let parent = slots.get(slot.parent_slot as usize);
        let parent = parent.map(|parent| parent.pid());
        if parent != Some(slot.ppid()) {
            let claimed = parent.map_or("no process".into(), |pid| pid.to_string());
            let ppid = slot.ppid();
            return Some(format!(
                "its parent is {ppid}, but {claimed} claimed it: make /bin/sh a shell that starts one child for each command"
            ));
        }
    }
    slot.flaw()
}
