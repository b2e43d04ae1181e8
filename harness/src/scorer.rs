//! Reads the raw files of a record and scores them: the decoders are the monitors', the ledger's reader
//! is the workloads', and everything after that is `scoring`.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use contract::{Claims, EventLog, Label, Ledger, Monitor, Options, SpoolReader};
use scoring::record::{CellRun, CrossCheck, Record, Status, read_json, write_json};
use scoring::{Cell, Scored, Summary, score};

use crate::cross_check::accounting;

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
struct Inputs {
    ledger: Ledger,
    journal: EventLog,
    claims: Claims,
}

fn inputs(dir: &Path, run: &CellRun, sources: &Sources<'_>) -> Result<Inputs> {
    let (monitor, options) = monitor(&run.configuration, sources)?;
    let ledger = (sources.ledger)(dir)
        .map_err(|error| anyhow!("{}: {error}: measure again", dir.join("ledger").display()))?;
    let vouched = run
        .cross_check
        .as_ref()
        .is_some_and(|one| one.by == CrossCheck::ACCOUNTING);
    let kept = dir.join(accounting::KEPT);
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
    let Label { name, options } = Label::parse(label)
        .ok_or_else(|| anyhow!("'{label}' is not a monitor's label: use NAME or NAME{{a=1}}"))?;
    let monitor = (sources.monitor)(name).ok_or_else(|| {
        anyhow!("this harness has no monitor '{name}': score it with the one that measured it")
    })?;
    let options = Options::new(name, monitor.options(), options).map_err(|error| anyhow!(error))?;
    Ok((monitor, options))
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

/// Scores the cell in `dir`. Damaged files make it a failed cell; only a `cell.json` that cannot
/// be read is an error, because then nobody knows which cell it is.
pub fn cell(dir: &Path, sources: &Sources<'_>) -> Result<Scored> {
    let run: CellRun = read_json(&dir.join("cell.json"))?;
    if run.status != Status::Ok {
        return Ok(Scored::new(Cell::blank(&run), None));
    }
    let scored = inputs(dir, &run, sources)
        .and_then(|inputs| score(&run, &inputs.ledger, &inputs.journal, &inputs.claims, None));
    Ok(scored.unwrap_or_else(|error| Scored::new(Cell::failed(&run, format!("{error:#}")), None)))
}

/// Scores all cells of the record in `dir` and writes its `summary.json`.
pub fn record(dir: &Path, sources: &Sources<'_>) -> Result<Summary> {
    let record = Record::read(dir)?;
    let sources = Sources {
        emulated: record.machine.correctness_only,
        ..*sources
    };
    let mut scored = Vec::new();
    for path in Record::cells(dir)? {
        scored.push(cell(&path, &sources).unwrap_or_else(|error| lost(&path, &error)));
    }
    write(dir, Summary::new(record, scored)?)
}

/// The row of a cell whose own description is unreadable: all that is known is its folder.
fn lost(dir: &Path, error: &anyhow::Error) -> Scored {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let run = CellRun {
        order: u32::MAX,
        status: Status::Failed,
        ..CellRun::nothing(&name, "unknown")
    };
    Scored::new(Cell::failed(&run, format!("{error:#}")), None)
}

/// Writes `summary.json` into the record in `dir`.
pub fn write(dir: &Path, summary: Summary) -> Result<Summary> {
    write_json(&dir.join("summary.json"), &summary)?;
    Ok(summary)
}
