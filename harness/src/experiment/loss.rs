//! Does the reader keep up? One sustained cell for each configuration and workload, as fast as the
//! machine can, until several times its buffer has gone through it.

use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use contract::{Buffer, Counts, Kind};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use scoring::record::{CellRun, Experiment};
use workloads::Definition;

use super::cells::{Cells, Task, uses_accounting};
use super::overhead::Overhead;
use crate::buffer_sizes;
use crate::calibrate::{Calibrated, is_closed_loop};
use crate::cell::Stage;
use crate::exit::say;
use crate::progress::{Progress, words};
use crate::select::Configuration;

/// So many buffers' worth of events go through, and it takes at least so long.
const BUFFERS: u64 = scoring::LOSS_TEST_BUFFERS;
const LENGTH: Duration = Duration::from_nanos(scoring::LOSS_TEST_NS);

/// How much longer a cell is planned than it has to be. The machine is not equally fast all the time, and the
/// short cells that tell how fast it is spend a larger part of their time on beginning: cells that were planned
/// for 5.3 s took 4.4 to 5.6 s.
const MARGIN: f64 = 1.25;

/// A buffer that was chosen by hand is not made smaller, but no cell is planned longer than this.
const LONGEST: Duration = Duration::from_secs(20);

/// A sustained cell.
struct Sustained {
    workload: Definition,
    configuration: Configuration,
    /// What was asked for, where this has a smaller buffer.
    stands_for: Option<Configuration>,
    scale: f64,
    time: Duration,
}

/// The experiment.
pub(crate) struct Loss(Vec<Sustained>);

impl Loss {
    /// Plans a cell for each of `configurations`, of which the first is `null`, on each workload that
    /// runs as fast as it can. How fast that is under each of them the blocks have shown.
    pub(crate) fn plan(
        stage: &Stage,
        workloads: &[Calibrated],
        configurations: &[Configuration],
        overhead: &Overhead<'_>,
    ) -> Result<Self> {
        let mut all = Vec::new();
        for (place, one) in workloads.iter().enumerate() {
            if !is_closed_loop(&one.workload) {
                continue;
            }
            let script = one.workload.script(one.scale, &stage.programs);
            let expected = script.map_err(Error::from_boxed)?.expected;
            for (at, configuration) in configurations.iter().enumerate().skip(1) {
                if offered(configuration, expected) == 0 {
                    continue;
                }
                let wall = overhead.wall(place, at).unwrap_or(one.wall);
                let events = offered(configuration, expected) as f64 / wall.as_secs_f64();
                let (fitted, time) = fitted(configuration, events, stage.scale)?;
                let smaller = fitted.label() != configuration.label();
                all.push(Sustained {
                    workload: one.workload.clone(),
                    stands_for: smaller.then(|| configuration.clone()),
                    configuration: fitted,
                    scale: one.scale * time.as_secs_f64() / wall.as_secs_f64(),
                    time,
                });
            }
        }
        Ok(Self(all))
    }

    /// Runs them in random order.
    pub(crate) fn run(mut self, cells: &mut Cells<'_>, rng: &mut StdRng) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.shuffle(rng);
        let all: Duration = self.0.iter().map(|one| one.time).sum();
        let n = self.0.len();
        say(&format!("loss: {n} sustained cells, about {}", words(all)));
        let progress = Progress::lasting(all);
        let (begun, mut left) = (Instant::now(), all);
        for one in &self.0 {
            let task = Task {
                experiment: Experiment::Loss,
                workload: &one.workload,
                scale: one.scale,
                configuration: &one.configuration,
                stands_for: one.stands_for.as_ref(),
                repetition: 1,
                baseline: false,
                accounted: !uses_accounting(&one.configuration),
            };
            progress.tell(
                begun.elapsed(),
                Some(left),
                &format!("loss: {}", task.words()),
            );
            let row = cells.run(task, &progress)?;
            // No loss under a smaller buffer holds for a larger one; a loss says nothing about it.
            if let Some(own) = one.stands_for.as_ref().filter(|_| tells_of_loss(&row)) {
                let own = Task {
                    configuration: own,
                    stands_for: None,
                    ..task
                };
                cells.run(own, &progress)?;
            }
            left -= one.time;
        }
        progress.finish();
        Ok(())
    }
}

/// Whether the monitor itself says that it lost something.
fn tells_of_loss(row: &CellRun) -> bool {
    row.reported_lost.values().any(|&lost| lost > 0)
}

/// So many of the expected events are of kinds that the configuration offers.
fn offered(one: &Configuration, expected: Counts) -> u64 {
    let claims = one.monitor.claims(&one.options);
    let kinds = Kind::ALL.into_iter().filter(|&kind| claims.kind(kind));
    kinds.map(|kind| expected.of(kind)).sum()
}

/// How long the cell of a configuration takes at so many events a second, and under which buffer: its
/// own, or where that is too big to go through in the time, the largest that is not. `scale` is what
/// the user asked for.
fn fitted(
    configuration: &Configuration,
    events_per_s: f64,
    scale: f64,
) -> Result<(Configuration, Duration)> {
    let length = LENGTH.mul_f64(MARGIN);
    let needed = |one: &Configuration| match one.monitor.buffer(&one.options) {
        Buffer::Bounded {
            capacity,
            least_per_event,
            ..
        } => {
            let events = BUFFERS * (capacity / least_per_event.max(1));
            Duration::try_from_secs_f64(events as f64 / events_per_s).unwrap_or(Duration::MAX)
        }
        Buffer::Unbounded | Buffer::Unknown => Duration::ZERO,
    };
    let own = needed(configuration);
    if own <= LENGTH {
        return Ok((configuration.clone(), length.mul_f64(scale)));
    }
    for smaller in buffer_sizes::smaller(configuration)? {
        if needed(&smaller) <= LENGTH {
            return Ok((smaller, length.mul_f64(scale)));
        }
    }
    Ok((
        configuration.clone(),
        own.min(LONGEST).max(length).mul_f64(scale),
    ))
}
