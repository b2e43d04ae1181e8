//! Ways to make an interval, this one and others, over many simulated runs.

use scoring::overhead::{Effect, FEWEST_BLOCKS, Fit, Interval, Stopping, enough, fit, pooled};

use crate::simulated::{CONFIGURATIONS, Machine, Noise};
use crate::tally::Tally;

/// Each method at a fixed number of blocks: this model, pairs with a single null, and the textbook's
/// pooled variance.
pub(crate) fn fixed(noise: Noise, blocks: u32, runs: u64) -> [Tally; 3] {
    let mut tallies: [Tally; 3] = Default::default();
    for seed in 0..runs {
        let mut machine = Machine::new(noise, CONFIGURATIONS, 1.0, seed);
        machine.run(0..blocks);
        let fit = fit(&machine.cells, CONFIGURATIONS, Stopping::Fixed);
        tallies[0].fit(&fit);
        for configuration in 1..CONFIGURATIONS {
            tallies[1].add(configuration, pairs(&machine, configuration).as_ref());
            tallies[2].add(configuration, textbook(&fit, configuration).as_ref());
        }
    }
    tallies
}

/// Student's interval of the ratios to the first null of the same block.
pub(crate) fn pairs(machine: &Machine, configuration: usize) -> Option<Interval> {
    let find = |block, configuration| {
        let mut cells = machine
            .cells
            .iter()
            .filter(|cell| cell.copy == 0 && cell.block == block);
        cells
            .find(|cell| cell.configuration == configuration)
            .map(|cell| cell.value.ln())
    };
    let last = machine.cells.last()?.block;
    let logs: Vec<f64> = (0..=last)
        .filter_map(|block| Some(find(block, configuration)? - find(block, 0)?))
        .collect();
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    Interval::new(mean, squares / (n - 1.0) / n, n - 1.0, 0.95)
}

/// The interval from the residual variance alone; exact for complete blocks.
pub(crate) fn textbook(fit: &Fit, configuration: usize) -> Option<Interval> {
    let effect = fit.effects[configuration]?;
    let variance = fit.residual_sd?.powi(2) * 1.5 / effect.blocks as f64;
    Interval::new(effect.log, variance, fit.residual_df as f64, 0.95)
}

/// Runs blocks from `fewest` on until `done`, at most 300.
pub(crate) fn until(
    machine: &mut Machine,
    fewest: u32,
    stopping: Stopping,
    done: impl Fn(&Fit) -> bool,
) -> Fit {
    let configurations = machine.configurations;
    machine.run(0..fewest);
    for block in fewest..300 {
        let fit = fit(&machine.cells, configurations, stopping);
        if done(&fit) {
            return fit;
        }
        machine.run(block..block + 1);
    }
    fit(&machine.cells, configurations, stopping)
}

/// The rule of this crate, and a rule without remedies: from three blocks on, quantile of 95 %.
pub(crate) fn stopped(
    noise: Noise,
    configurations: usize,
    precision: f64,
    runs: u64,
) -> [Tally; 2] {
    let mut tallies: [Tally; 2] = Default::default();
    let narrow = |of: &Effect| of.interval.half_width() <= precision;
    let plain = |fit: &Fit| {
        fit.effects[1..]
            .iter()
            .all(|of| of.as_ref().is_some_and(narrow))
    };
    for seed in 0..runs {
        let machine = || Machine::new(noise, configurations, 1.0, seed);
        let fewest = FEWEST_BLOCKS as u32;
        let rule = |fit: &Fit| enough(fit, precision);
        tallies[0].fit(&until(&mut machine(), fewest, Stopping::Precision, rule));
        tallies[1].fit(&until(&mut machine(), 3, Stopping::Fixed, plain));
    }
    tallies
}

/// Three workloads, the second and third noisier by half and twice as noisy: the figure over all.
pub(crate) fn together(noise: Noise, precision: Option<f64>, blocks: u32, runs: u64) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..runs {
        let fits = [1.0, 1.5, 2.0].map(|scale| {
            let seed = seed * 10 + (scale * 2.0) as u64;
            let mut machine = Machine::new(noise, CONFIGURATIONS, scale, seed);
            let Some(precision) = precision else {
                machine.run(0..blocks);
                return fit(&machine.cells, CONFIGURATIONS, Stopping::Fixed);
            };
            let rule = |fit: &Fit| enough(fit, precision * scale);
            until(&mut machine, blocks, Stopping::Precision, rule)
        });
        let stopping = precision.map_or(Stopping::Fixed, |_| Stopping::Precision);
        tally.runs += 1.0;
        tally.blocks += fits.iter().map(|fit| fit.blocks as f64).sum::<f64>() / 3.0;
        for configuration in 1..CONFIGURATIONS {
            let effect = pooled(
                &fits.each_ref().map(|fit| fit.effects[configuration]),
                stopping,
            );
            tally.add(configuration, effect.map(|of| of.interval).as_ref());
        }
    }
    tally
}

/// Ends when the next block would outlast the budget, which suffices for `blocks` or so.
pub(crate) fn budget(noise: Noise, blocks: f64, runs: u64) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..runs {
        let mut machine = Machine::new(noise, CONFIGURATIONS, 1.0, seed);
        // A block takes 6 * 0.3 s, times the mean slowdown of 1.13.
        let budget = blocks * 2.03;
        let mut done = 0_u32;
        while done < 2 || machine.seconds * f64::from(done + 1) / f64::from(done) <= budget {
            machine.run(done..done + 1);
            done += 1;
        }
        tally.fit(&fit(&machine.cells, CONFIGURATIONS, Stopping::Fixed));
    }
    tally
}
