//! A machine whose truth is known: blocks of one workload with every kind of noise.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scoring::overhead::Observation;

/// Configurations: `null` and four monitors.
pub(crate) const CONFIGURATIONS: usize = 5;

/// Logarithms of the true slowdowns.
pub(crate) const TRUTH: [f64; CONFIGURATIONS] = [0.0, 0.0, 0.05, 0.2, 0.4];

/// Standard deviation of the logarithm of an undisturbed cell, as measured on the reference
/// machine.
const SD: f64 = 0.06;

/// What disturbs the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    /// Nothing beyond lognormal noise.
    Lognormal,
    /// A trend of 1 % a cell and a swing of 10 %.
    Drift,
    /// One cell in sixteen has eight times the noise.
    Outliers,
    /// One cell in twenty takes up to 80 % longer.
    Slow,
    /// Student's law with three degrees of freedom.
    HeavyTails,
    /// Bursts of five cells that take 15 to 57 % longer; nothing tells them.
    Steal,
    /// The same; seven in ten of the cells are flagged.
    FlaggedSteal,
    /// Monitors twice as noisy as `null`.
    NoisyMonitors,
    /// One of four monitors twice as noisy as the rest.
    NoisyMonitor,
    /// `null` twice as noisy as the monitors.
    NoisyNull,
    /// Noise from 0.6 to 1.6 times that of `null`.
    Uneven,
    /// Correlation of .5 between neighbouring cells.
    Correlated,
    /// Correlation, unequal noise, slow cells and a trend at once.
    Everything,
    /// Correlation, and one cell in twelve missing.
    Missing,
    /// One monitor stalls one cell in ten by 35 %: a cost of its own, not of the machine.
    Stalls,
}

/// Every kind of noise whose cause is the machine.
pub(crate) const MACHINE: [Noise; 14] = [
    Noise::Lognormal,
    Noise::Drift,
    Noise::Outliers,
    Noise::Slow,
    Noise::HeavyTails,
    Noise::Steal,
    Noise::FlaggedSteal,
    Noise::NoisyMonitors,
    Noise::NoisyMonitor,
    Noise::NoisyNull,
    Noise::Uneven,
    Noise::Correlated,
    Noise::Everything,
    Noise::Missing,
];

/// One run on the machine; cells come block by block, in random order within each.
pub(crate) struct Machine {
    noise: Noise,
    /// How many configurations, `null` included.
    pub(crate) configurations: usize,
    scale: f64,
    dice: StdRng,
    previous: f64,
    burst: bool,
    ran: f64,
    /// Time of all cells so far.
    pub(crate) seconds: f64,
    /// All cells so far.
    pub(crate) cells: Vec<Observation>,
}

impl Machine {
    /// A machine with so many configurations, `null` included, and `scale` times the usual noise.
    pub(crate) fn new(noise: Noise, configurations: usize, scale: f64, seed: u64) -> Self {
        Self {
            noise,
            configurations,
            scale,
            dice: StdRng::seed_from_u64(seed ^ ((noise as u64) << 32)),
            previous: 0.0,
            burst: false,
            ran: 0.0,
            seconds: 0.0,
            cells: Vec::new(),
        }
    }

    /// Runs blocks `from..to`.
    pub(crate) fn run(&mut self, blocks: std::ops::Range<u32>) {
        for block in blocks {
            let level = 0.1 * self.normal();
            for (configuration, copy) in self.order() {
                let error = self.error(configuration);
                let value = 0.3 * (level + TRUTH[configuration] + error).exp();
                self.seconds += value;
                let stolen = self.noise == Noise::FlaggedSteal && self.burst && self.chance(0.7);
                if self.noise == Noise::Missing && self.chance(1.0 / 12.0) {
                    continue;
                }
                self.cells.push(Observation {
                    block,
                    configuration,
                    copy,
                    order: self.ran as u32,
                    value,
                    stolen,
                });
            }
        }
    }

    fn order(&mut self) -> Vec<(usize, u8)> {
        let mut order = vec![(0, 0), (0, 1)];
        order.extend((1..self.configurations).map(|configuration| (configuration, 0)));
        for last in (1..order.len()).rev() {
            let other = (self.dice.random::<f64>() * (last + 1) as f64) as usize;
            order.swap(last, other.min(last));
        }
        order
    }

    fn error(&mut self, configuration: usize) -> f64 {
        use Noise::*;
        self.ran += 1.0;
        let own = self.spread(configuration) * self.scale * SD * self.innovation();
        let extra = match self.noise {
            Drift => 0.01 * self.ran + 0.1 * (self.ran / 9.0).sin(),
            Everything => 0.002 * self.ran + self.late(0.03),
            Slow => self.late(0.05),
            Steal | FlaggedSteal => self.steal(),
            Stalls if configuration == 2 => self.stall(),
            _ => 0.0,
        };
        own + extra
    }

    /// Standard deviation of a configuration's noise, in units of that of the machine.
    fn spread(&self, configuration: usize) -> f64 {
        match (self.noise, configuration) {
            (Noise::NoisyMonitors, 1..) | (Noise::NoisyMonitor, 2) | (Noise::NoisyNull, 0) => 2.0,
            (Noise::Uneven, 1) => 0.6,
            (Noise::Uneven, 3) => 1.6,
            (Noise::Uneven, 4) => 1.3,
            (Noise::Everything, 0) => 0.8,
            (Noise::Everything, 3) => 1.5,
            _ => 1.0,
        }
    }

    /// Noise of one cell, of standard deviation 1 where it has one that is not meant to be more.
    fn innovation(&mut self) -> f64 {
        let fresh = self.normal();
        match self.noise {
            Noise::Outliers => fresh * if self.chance(1.0 / 16.0) { 8.0 } else { 1.0 },
            Noise::HeavyTails => {
                let squares: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
                fresh / (squares / 3.0).sqrt()
            }
            Noise::Correlated | Noise::Everything | Noise::Missing => {
                self.previous = 0.5 * self.previous + 0.75_f64.sqrt() * fresh;
                self.previous
            }
            _ => fresh,
        }
    }

    fn late(&mut self, chance: f64) -> f64 {
        let delay = 0.6 * self.dice.random::<f64>();
        if self.chance(chance) { delay } else { 0.0 }
    }

    /// 0 on average.
    fn stall(&mut self) -> f64 {
        if self.chance(0.1) { 0.27 } else { -0.03 }
    }

    fn steal(&mut self) -> f64 {
        self.burst = if self.burst {
            self.chance(0.8)
        } else {
            self.chance(0.02)
        };
        let delay = 0.15 + 0.3 * self.dice.random::<f64>();
        if self.burst { delay } else { 0.0 }
    }

    fn chance(&mut self, of: f64) -> bool {
        self.dice.random::<f64>() < of
    }

    fn normal(&mut self) -> f64 {
        let (size, turn) = (1.0 - self.dice.random::<f64>(), self.dice.random::<f64>());
        (-2.0 * size.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
    }
}
