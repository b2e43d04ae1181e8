//! Cells that are run a number of times and held against no baseline: cases and blind windows. They say
//! nothing of cost.

use std::time::{Duration, Instant};

use anyhow::Result;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use workloads::Definition;

use super::cells::{Cells, Task, experiment_of, uses_accounting};
use crate::exit::say;
use crate::progress::Progress;
use crate::select::Configuration;

/// What a case takes, about.
const CASE: Duration = Duration::from_millis(250);

/// Runs every workload under every configuration so many times, each time in another order.
pub(crate) fn repeated(
    cells: &mut Cells<'_>,
    (workloads, scale): (&[Definition], f64),
    configurations: &[Configuration],
    repetitions: u32,
    rng: &mut StdRng,
) -> Result<()> {
    let pairs: Vec<_> = workloads
        .iter()
        .flat_map(|workload| configurations.iter().map(move |one| (workload, one)))
        .collect();
    let all = pairs.len() as u32 * repetitions;
    if all == 0 {
        return Ok(());
    }
    say(&format!(
        "{all} cells without baseline, of cases and blind windows"
    ));
    let progress = Progress::lasting(CASE * all);
    let (begun, mut done) = (Instant::now(), 0);
    for repetition in 1..=repetitions {
        let mut order = pairs.clone();
        order.shuffle(rng);
        for (workload, configuration) in order {
            let task = Task {
                experiment: experiment_of(workload),
                workload,
                scale,
                configuration,
                stands_for: None,
                repetition,
                baseline: false,
                accounted: !uses_accounting(configuration),
            };
            let each = if done == 0 {
                CASE
            } else {
                begun.elapsed() / done
            };
            progress.tell(begun.elapsed(), Some(each * (all - done)), &task.words());
            cells.run(task, &progress)?;
            done += 1;
        }
    }
    progress.finish();
    Ok(())
}
