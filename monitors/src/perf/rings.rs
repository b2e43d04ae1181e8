//! The rings of all CPUs, also of those that come and go while it is read, and what they told and lost.

use std::fs;

use contract::Result;

use super::decode;
use super::ring::Ring;
use crate::common::hotplug::{Change, Hotplug};

pub(super) struct Rings {
    /// With the numbers of their CPUs.
    pub(super) open: Vec<(u32, Ring)>,
    pub(super) hotplug: Hotplug,
    pages: usize,
    /// How many CPUs came online after the beginning.
    came: u64,
    /// The most rings at once.
    most: usize,
    /// Lost by rings whose CPUs are gone.
    lost_by_gone: u64,
    /// Records of forks that were read.
    pub(super) forks: u64,
    /// Forks of the machine, of processes and threads, when all rings were open.
    forks_before: u64,
    untold: u64,
}

impl Rings {
    /// One of so many pages for each CPU that is online.
    pub(super) fn open(pages: usize) -> Result<Self> {
        // What comes online from now on is heard.
        let hotplug = Hotplug::listen()?;
        let mut rings = Self {
            open: Vec::new(),
            pages,
            came: 0,
            most: 0,
            lost_by_gone: 0,
            forks: 0,
            forks_before: 0,
            untold: 0,
            hotplug,
        };
        for cpu in rings.hotplug.online().to_vec() {
            rings.put(cpu)?;
        }
        rings.forks_before = forks_of_machine()?;
        Ok(rings)
    }

    /// A ring for a CPU that has come online.
    pub(super) fn add(&mut self, cpu: u32) -> Result<()> {
        self.came += 1;
        self.put(cpu)
    }

    fn put(&mut self, cpu: u32) -> Result<()> {
        match Ring::open(cpu, self.pages) {
            Ok(ring) => self.open.push((cpu, ring)),
            // It has gone again; that will be heard, too.
            Err(_) if !crate::common::cpus::read("online")?.contains(&cpu) => {}
            Err(why) => return Err(why),
        }
        self.most = self.most.max(self.open.len());
        Ok(())
    }

    /// The ring of a CPU, which is then no longer read.
    pub(super) fn remove(&mut self, cpu: u32) -> Option<Ring> {
        let place = self.open.iter().position(|(one, _)| *one == cpu)?;
        Some(self.open.swap_remove(place).1)
    }

    /// Counts the records of a ring that was removed.
    pub(super) fn told(&mut self, bytes: &[u8]) {
        self.forks += decode::forks(bytes);
    }

    /// Keeps what a ring that was removed had lost.
    pub(super) fn keep_losses_of(&mut self, ring: &Ring) -> Result<()> {
        self.lost_by_gone += ring.lost()?;
        Ok(())
    }

    /// What was not heard of CPUs that came and went.
    pub(super) fn unheard(&mut self) -> Result<Vec<Change>> {
        self.hotplug.all_changes()
    }

    /// How many records found no room.
    pub(super) fn lost(&self) -> Result<u64> {
        let open: Result<u64> = self.open.iter().map(|(_, ring)| ring.lost()).sum();
        Ok(self.lost_by_gone + open?)
    }

    /// How many CPUs came online after the beginning.
    pub(super) fn came(&self) -> u64 {
        self.came
    }

    /// The most rings at once.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Forks of the machine; `None` while there is nothing to hold against them.
    pub(super) fn forks_of_machine(&self) -> Result<Option<u64>> {
        (self.came > 0).then(forks_of_machine).transpose()
    }

    /// Of those forks of the machine, the ones that no ring told or lost: on CPUs that had come online and
    /// had no ring yet. What lay in the rings must have been read.
    pub(super) fn untold(&mut self, forks: Option<u64>) -> Result<u64> {
        if let Some(forks) = forks {
            let told = self.forks_before + self.forks + self.lost()?;
            // What was told since they were counted hides as many, for now.
            self.untold = self.untold.max(forks.saturating_sub(told));
        }
        Ok(self.untold)
    }
}

/// Of processes and threads, since boot.
fn forks_of_machine() -> Result<u64> {
    let text = fs::read_to_string("/proc/stat")
        .map_err(|why| format!("/proc/stat: {why}: mount proc on /proc"))?;
    let count = text
        .lines()
        .find_map(|line| line.strip_prefix("processes ")?.trim().parse().ok());
    Ok(count.ok_or("/proc/stat: has no line 'processes': mount proc on /proc")?)
}
