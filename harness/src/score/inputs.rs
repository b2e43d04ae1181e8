use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use contract::{Claims, EventLog, Ledger, Monitor, Options, SpoolReader};

use crate::record::{CellRun, CrossCheck};

/// How raw files are read. Given from outside, so that scoring is tested on its own.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The ledger in the folder of a cell.
    pub ledger: &'a dyn Fn(&Path) -> contract::Result<Ledger>,
    /// The monitor of that name (without its options).
    pub monitor: &'a dyn Fn(&str) -> Option<&'static dyn Monitor>,
    /// Whether the CPUs were emulated: [`contract::Clock::emulated`].
    pub emulated: bool,
}

/// All that scoring needs of one cell.
pub(super) struct Inputs {
    pub(super) ledger: Ledger,
    pub(super) journal: EventLog,
    pub(super) claims: Claims,
}

pub(super) fn inputs(dir: &Path, run: &CellRun, sources: &Sources<'_>) -> Result<Inputs> {
    let (monitor, options) = monitor(&run.configuration, sources)?;
    let ledger = (sources.ledger)(dir)
        .map_err(|error| anyhow!("{}: {error}: measure again", dir.join("ledger").display()))?;
    let vouched = run
        .cross_check
        .as_ref()
        .is_some_and(|one| one.by == CrossCheck::ACCOUNTING);
    let kept = dir.join(workloads::accounting::KEPT);
    if vouched && !kept.exists() {
        bail!("{}: is missing: measure again", kept.display());
    }
    let mut claims = monitor.claims(&options);
    if sources.emulated {
        claims.clock = claims.clock.emulated();
    }
    Ok(Inputs {
        ledger,
        journal: decode(&dir.join("spool.bin"), monitor)?,
        claims,
    })
}

fn monitor(label: &str, sources: &Sources<'_>) -> Result<(&'static dyn Monitor, Options)> {
    let (name, given) = split_label(label)
        .ok_or_else(|| anyhow!("'{label}' is not a monitor's label: use NAME or NAME{{a=1}}"))?;
    let monitor = (sources.monitor)(name).ok_or_else(|| {
        anyhow!("this harness has no monitor '{name}': score it with the one that measured it")
    })?;
    let options = Options::new(name, monitor.options(), given).map_err(|error| anyhow!(error))?;
    Ok((monitor, options))
}

/// `NAME{a=1,b=2}` taken apart; `None` when it is none.
pub fn split_label(label: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let Some((name, rest)) = label.split_once('{') else {
        return Some((label, Vec::new()));
    };
    let inside = rest.strip_suffix('}')?;
    let pairs = inside.split(',').map(|pair| pair.split_once('='));
    Some((name, pairs.collect::<Option<_>>()?))
}

fn decode(path: &Path, monitor: &dyn Monitor) -> Result<EventLog> {
    let file = File::open(path)
        .with_context(|| format!("{}: cannot be read: measure again", path.display()))?;
    let mut reader = SpoolReader::new(file);
    let mut decoder = monitor.decoder();
    let mut journal = EventLog::default();
    let mut frames = 0_u64;
    let broken = |frames: u64, why: &dyn std::fmt::Display| {
        anyhow!("{}: frame {frames}: {why}: measure again", path.display())
    };
    while let Some(frame) = reader.next_frame().map_err(|e| broken(frames, &e))? {
        decoder
            .frame(frame, &mut journal)
            .map_err(|error| broken(frames, &error))?;
        frames += 1;
    }
    // A spool that was never begun is a file without bytes, or none.
    let begun = fs::metadata(path).is_ok_and(|meta| meta.len() > 0);
    if reader.rest() != 0 || !begun {
        bail!(
            "{}: is cut off after frame {frames}: measure again",
            path.display()
        );
    }
    decoder.finish(&mut journal);
    Ok(journal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_apart() {
        assert_eq!(split_label("null"), Some(("null", vec![])));
        let both = Some(("netlink", vec![("rcvbuf", "1M"), ("details", "on")]));
        assert_eq!(split_label("netlink{rcvbuf=1M,details=on}"), both);
        assert_eq!(split_label("netlink{rcvbuf"), None);
        assert_eq!(split_label("netlink{rcvbuf}"), None);
    }
}
