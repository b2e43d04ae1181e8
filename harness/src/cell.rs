//! Runs one cell: start, wait until ready, run, drain, stop, clean up.

mod blind;
mod interference;
pub(crate) mod interrupt;
mod measure;
mod meters;
mod monitor;
pub(crate) mod pidfd;
pub(crate) mod protocol;
mod readiness;
mod spec;
mod spool_tail;
mod stage;
mod throttle;
mod until;
mod workload;

pub(crate) use meters::cpu_ns;
pub(crate) use spec::Cell;
pub(crate) use stage::Stage;
pub(crate) use workload::LIMIT;

use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result};

use crate::checksums;
use crate::exit::NothingRuns;
use crate::limits;
use measure::{Measured, measure};
use scoring::record::{CellRun, Noise, Status, write_json_pretty};

/// How often a cell is run again whose CPUs were stolen or throttled meanwhile.
const RERUNS: u32 = 2;
/// How often at most a workload is made twice as long that ended before its monitor was started three times:
/// on a machine that is loaded a start takes seconds.
const DOUBLINGS: u64 = 3;
/// The note that says how often.
const DOUBLED: &str = "timetable_doubled";

impl Cell<'_> {
    /// Runs it, again if it was stolen, throttled or too short, and leaves its folder. What goes wrong in the cell
    /// is in the row; only what ends the whole run (a signal, a full disk) is an error.
    pub(crate) fn run(&self) -> Result<CellRun> {
        let (mut reruns, mut doublings, mut cell) = (0, 0, *self);
        loop {
            let dir = cell.dir();
            make(&dir)?;
            let mut row = cell.row();
            let measured = measure(&cell, &dir);
            let left = put_back()?;
            match measured {
                Ok(measured) if cell.is_spoilt(&measured.noise) && reruns < RERUNS => {
                    reruns += 1;
                    fs::remove_dir_all(&dir)?;
                    continue;
                }
                Ok(measured) => fill(&mut row, measured, left, reruns),
                Err(error) if error.is::<interrupt::Interrupted>() => {
                    fs::remove_dir_all(&dir)?;
                    return Err(error);
                }
                Err(error) => match cell.doubled() {
                    Some(longer) if error.is::<blind::TooShort>() && doublings < DOUBLINGS => {
                        doublings += 1;
                        cell = longer;
                        fs::remove_dir_all(&dir)?;
                        continue;
                    }
                    _ => blame(&mut row, &error),
                },
            }
            if doublings > 0 {
                row.notes.insert(DOUBLED.into(), doublings);
            }
            write_json_pretty(&dir.join("cell.json"), &row)?;
            if row.status == Status::Ok {
                checksums::write(&dir)?;
            }
            return Ok(row);
        }
    }

    /// Leaves the row of a cell that cannot be run here.
    pub(crate) fn unavailable(&self, why: &str) -> Result<CellRun> {
        let dir = self.dir();
        make(&dir)?;
        let row = CellRun {
            status: Status::Unavailable,
            error: Some(why.to_owned()),
            ..self.row()
        };
        write_json_pretty(&dir.join("cell.json"), &row)?;
        Ok(row)
    }

    /// Whether CPU time was kept from it and it is of those that are run again then.
    fn is_spoilt(&self, noise: &Noise) -> bool {
        self.may_be_run_again() && (noise.stolen || noise.throttled)
    }
}

/// Whatever watched may have left something switched on, and other programs may have too: every later
/// cell would pay for it. How many things there were.
fn put_back() -> Result<Option<u64>> {
    let found = crate::cleanup::what_monitors_switch_on()?.done.len() as u64;
    Ok((found > 0).then_some(found))
}

fn make(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("{}: cannot be made", dir.display()))
}

/// What was measured goes into the row.
fn fill(row: &mut CellRun, measured: Measured, left: Option<u64>, reruns: u32) {
    row.cross_check = measured.cross_check;
    row.cost = Some(measured.cost);
    row.drained = measured.drained;
    row.blind = measured.blind;
    row.reported_lost = measured.counters.reported_lost;
    row.notes = measured.counters.notes;
    row.buffer = measured.buffer;
    row.own_cpu_samples = measured.own_cpu_samples;
    row.truth_source = measured.truth_source;
    row.starts = measured.starts;
    row.notes.extend(
        measured
            .left_running
            .map(|processes| ("left_running".into(), processes)),
    );
    row.notes
        .extend(left.map(|things| ("left_on".into(), things)));
    row.noise = Noise {
        reruns,
        ..measured.noise
    };
}

/// What went wrong goes into the row.
fn blame(row: &mut CellRun, error: &Error) {
    row.status = if error.is::<NothingRuns>() {
        Status::Unavailable
    } else {
        Status::Failed
    };
    row.error = Some(limits::remedied(&format!("{error:#}")));
}
