//! A report in the making, and what all faults have in common.

use contract::{Clock, EventLog, Ledger, Nanos, Truth};
use rand::RngExt;
use rand::rngs::StdRng;

use super::faults::{Faults, Law, TICK};
use super::figures::Figures;

/// A true event that is reported.
#[derive(Clone, Copy)]
pub(super) struct Reported<'a> {
    /// Its place in the ledger.
    pub(super) place: u32,
    pub(super) truth: &'a Truth,
    pub(super) happened: Nanos,
    pub(super) received: Nanos,
}

/// What is planted so far, and from what.
pub(super) struct Planter<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) faults: &'a Faults,
    pub(super) random: StdRng,
    pub(super) journal: EventLog,
    /// Of each event of the journal the place of the truth that it reports; `None` of false ones, and
    /// as long as the journal at the end only.
    pub(super) places: Vec<Option<u32>>,
    pub(super) figures: Figures,
}

/// So many of `whole`, rounded.
pub(super) fn part(share: f64, whole: usize) -> usize {
    ((share * whole as f64).round() as usize).min(whole)
}

impl Planter<'_> {
    /// One delay.
    pub(super) fn delay(&mut self) -> Nanos {
        let mean = self.faults.delay as f64;
        // In (0, 1], so that neither law runs away.
        let chance = 1.0 - self.random.random::<f64>();
        let delay = match self.faults.law {
            Law::Fixed => mean,
            Law::Uniform => mean * 2.0 * chance,
            Law::Exponential => -mean * chance.ln(),
            Law::Heavy => mean / 3.0 * chance.powf(-2.0 / 3.0),
        };
        delay as Nanos
    }

    /// `time` as the planted clock reads it.
    pub(super) fn stamp(&self, time: Nanos) -> Nanos {
        match self.faults.claims.clock {
            Clock::Exact | Clock::ExitsLate(_) => time,
            Clock::Coarse { .. } => time / TICK * TICK,
            Clock::None => 0,
        }
    }
}
