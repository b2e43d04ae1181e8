//! Does the reader keep up? One sustained cell for each configuration and workload, as fast as the
//! machine can, until several times its buffer has gone through it.

use std::collections::BTreeMap;
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

/// So many buffers' worth of events go through.
const BUFFERS: u64 = scoring::LOSS_TEST_BUFFERS;

/// How much longer a cell is planned than it has to be. The machine is not equally fast all the time, and the
/// short cells that tell how fast it is spend a larger part of their time on beginning: with 1.2 some cells
/// of default runs ended too soon.
const MARGIN: f64 = 1.4;

/// A buffer that was chosen by hand is not made smaller, but no cell is planned longer than this.
const LONGEST: Duration = Duration::from_secs(20);

/// How many times slower than in its short cells a workload is taken to be, at most: where it was slow for once
/// the next cell is still long enough.
const SLOWEST: f64 = MARGIN;

/// A sustained cell before it is known how long it has to be.
struct Sustained {
    workload: Definition,
    configuration: Configuration,
    /// The scale of the workload's short cells, how long they take under the configuration, and how many events
    /// they have that it offers.
    scale: f64,
    wall: Duration,
    events: u64,
}

/// How long it is to be.
struct Fitted {
    /// With a smaller buffer, where its own would take too long.
    configuration: Configuration,
    scale: f64,
    time: Duration,
}

/// The experiment.
pub(crate) struct Loss {
    cells: Vec<Sustained>,
    /// What the user asked for.
    scale: f64,
    /// By workload, how many times slower it is when it lasts: as the fastest of its sustained cells was.
    slower: BTreeMap<String, f64>,
}

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
                all.push(Sustained {
                    workload: one.workload.clone(),
                    configuration: configuration.clone(),
                    scale: one.scale,
                    wall: overhead.wall(place, at).unwrap_or(one.wall),
                    events: offered(configuration, expected),
                });
            }
        }
        Ok(Self {
            cells: all,
            scale: stage.scale,
            slower: BTreeMap::new(),
        })
    }

    /// As long as it has to be, by what is known of its speed.
    fn fit(&self, one: &Sustained) -> Result<Fitted> {
        let slower = self.slower.get(&one.workload.label).unwrap_or(&1.0);
        let wall = one.wall.as_secs_f64() * slower;
        let per_s = one.events as f64 / wall;
        let (configuration, time) = fitted(&one.configuration, per_s, self.scale)?;
        Ok(Fitted {
            configuration,
            scale: one.scale * time.as_secs_f64() / wall,
            time,
        })
    }

    /// Takes down how long a cell took that was planned for `time`.
    fn learn(&mut self, workload: &str, time: Duration, row: &CellRun) {
        let Some(cost) = row.cost else {
            return;
        };
        let known = self.slower.get(workload);
        let took = cost.wall_ns as f64 / 1e9 / time.as_secs_f64();
        let found = took * known.unwrap_or(&1.0);
        let fastest = known.map_or(found, |known| known.min(found));
        let fastest = fastest.min(SLOWEST);
        self.slower.insert(workload.to_owned(), fastest);
    }

    /// Runs them in random order.
    pub(crate) fn run(mut self, cells: &mut Cells<'_>, rng: &mut StdRng) -> Result<()> {
        let mut planned = std::mem::take(&mut self.cells);
        if planned.is_empty() {
            return Ok(());
        }
        planned.shuffle(rng);
        let times = planned.iter().map(|one| Ok(self.fit(one)?.time));
        let all: Duration = times.sum::<Result<_>>()?;
        let n = planned.len();
        say(&format!("loss: {n} sustained cells, about {}", words(all)));
        let progress = Progress::lasting(all);
        let begun = Instant::now();
        for (place, one) in planned.iter().enumerate() {
            let rest = planned[place..].iter().map(|one| self.fit(one));
            let rest = rest.collect::<Result<Vec<_>>>()?;
            let (fitted, left) = (&rest[0], rest.iter().map(|one| one.time).sum());
            let smaller = fitted.configuration.label() != one.configuration.label();
            let task = Task {
                experiment: Experiment::Loss,
                workload: &one.workload,
                scale: fitted.scale,
                configuration: &fitted.configuration,
                stands_for: smaller.then_some(&one.configuration),
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
            self.learn(&one.workload.label, fitted.time, &row);
            // No loss under a smaller buffer holds for a larger one; a loss says nothing about it.
            if let Some(own) = task.stands_for.filter(|_| tells_of_loss(&row)) {
                let own = Task {
                    configuration: own,
                    stands_for: None,
                    ..task
                };
                cells.run(own, &progress)?;
            }
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
    let capacity = match configuration.monitor.buffer(&configuration.options) {
        Buffer::Bounded { capacity, .. } => Some(capacity),
        Buffer::Unbounded | Buffer::Unknown => None,
    };
    let least = Duration::from_nanos(scoring::loss_test_ns(capacity));
    let length = least.mul_f64(MARGIN);
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
    if own <= least {
        return Ok((configuration.clone(), length.mul_f64(scale)));
    }
    for smaller in buffer_sizes::smaller(configuration)? {
        if needed(&smaller) <= least {
            return Ok((smaller, length.mul_f64(scale)));
        }
    }
    Ok((
        configuration.clone(),
        own.min(LONGEST).max(length).mul_f64(scale),
    ))
}

#[cfg(test)]
mod tests {
    use scoring::record::Cost;

    use super::*;
    use crate::select;

    fn row(seconds: f64) -> CellRun {
        CellRun {
            cost: Some(Cost {
                wall_ns: (seconds * 1e9) as u64,
                ..Cost::default()
            }),
            ..CellRun::nothing("w", "m")
        }
    }

    fn sustained(configuration: &str) -> Sustained {
        Sustained {
            workload: select::workload("fork-bomb").unwrap(),
            configuration: select::configuration(configuration).unwrap(),
            scale: 0.1,
            wall: Duration::from_millis(300),
            events: 6000,
        }
    }

    fn loss() -> Loss {
        Loss {
            cells: Vec::new(),
            scale: 1.0,
            slower: BTreeMap::new(),
        }
    }

    #[test]
    fn a_cell_outlasts_its_buffer_and_the_time() {
        let (mut loss, one) = (loss(), sustained("ebpf"));
        let at_first = loss.fit(&one).unwrap();
        assert_eq!(at_first.time, Duration::from_millis(4200));
        assert!((at_first.scale - 0.1 * 14.0).abs() < 1e-9);
        let Buffer::Bounded {
            capacity,
            least_per_event,
            ..
        } = (at_first.configuration.monitor).buffer(&at_first.configuration.options)
        else {
            panic!("ebpf has a ring");
        };
        let events = one.events as f64 / 0.3 * 3.0;
        assert!(events >= (BUFFERS * capacity / least_per_event) as f64);
        // What the buffer holds of a foreign program is not known.
        let unknown = loss.fit(&sustained("forkstat")).unwrap();
        assert_eq!(unknown.time, Duration::from_secs(7));
        // A slower workload has fewer processes in the same time.
        loss.learn("fork-bomb", at_first.time, &row(1.1 * 4.2));
        let then = loss.fit(&one).unwrap();
        assert_eq!(then.time, at_first.time);
        assert!((then.scale * 1.1 - at_first.scale).abs() < 1e-6);
    }

    #[test]
    fn the_fastest_sustained_cell_tells_how_slow_a_workload_is() {
        let mut loss = loss();
        let time = Duration::from_secs(4);
        let mut after = |seconds| {
            loss.learn("w", time, &row(seconds));
            loss.slower["w"]
        };
        assert_eq!(after(12.0), SLOWEST, "what was disturbed counts little");
        assert!((after(4.0) - 1.4).abs() < 1e-9, "as planned");
        assert!((after(3.2) - 1.12).abs() < 1e-9);
        assert!((after(8.0) - 1.12).abs() < 1e-9);
        loss.learn("w", time, &CellRun::nothing("w", "m"));
        assert!((loss.slower["w"] - 1.12).abs() < 1e-9, "it went wrong");
    }
}
