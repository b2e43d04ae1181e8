//! Reads the raw files of a record and scores them: the decoders are the monitors', the ledger's reader
//! is the workloads', and everything after that is `scoring`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use contract::{Claims, EventLog, Label, Ledger, Life, Monitor, Options, SpoolReader, file};
use scoring::record::{
    CellRun, CrossCheck, Experiment, Record, Start, Status, TRUTH_OF_A_COMMAND, read_json,
    write_json,
};
use scoring::{Cell, MissedEvents, Scored, Summary, parallel, score, score_blind};

use crate::checksums;
use crate::cross_check::{self, accounting};
use crate::foreign::{outcome, truth};

/// What the folder of a cell says of the workload's processes, and of all others.
pub(crate) type Processes = (Ledger, Option<Vec<Life>>);

/// What a monitor told, in the folder of a cell or of one start.
const SPOOL: &str = "spool.bin";

/// How the raw files of a record are read.
#[derive(Clone, Copy)]
struct Reader {
    processes: fn(&Path) -> contract::Result<Processes>,
    /// Whether the CPUs were emulated: [`contract::Clock::emulated`].
    emulated: bool,
}

/// The ledger, cross-checked, and all other processes where they are known.
fn processes(dir: &Path) -> contract::Result<Processes> {
    if dir.join(outcome::FILE).exists() {
        return truth::read(dir);
    }
    cross_check::read(dir)
}

/// All that scoring needs of one cell.
struct Inputs {
    ledger: Ledger,
    others: Option<Vec<Life>>,
    /// What was told, after each start where there were several.
    logs: Vec<EventLog>,
    claims: Claims,
}

fn inputs(dir: &Path, run: &CellRun, reader: Reader) -> Result<Inputs> {
    let (monitor, options) = monitor(&run.configuration)?;
    let (logs, processes) = parallel::at_once(
        || logs(dir, run, monitor),
        || {
            (reader.processes)(dir).map_err(|error| {
                anyhow!("{}: {error}: measure again", dir.join("ledger").display())
            })
        },
    );
    let (ledger, others) = processes?;
    let by = run.cross_check.as_ref().map(|one| one.by.as_str());
    let vouched = by == Some(CrossCheck::ACCOUNTING)
        || run.truth_source.as_deref() == Some(TRUTH_OF_A_COMMAND);
    let kept = dir.join(accounting::KEPT);
    if vouched && !kept.exists() {
        bail!("{}: is missing: measure again", kept.display());
    }
    let mut claims = monitor.claims(&options);
    if reader.emulated {
        claims.clock = claims.clock.emulated();
    }
    let logs = logs?;
    // Last: what is wrong with a file that does not read says more.
    checksums::check(dir)?;
    Ok(Inputs {
        ledger,
        others,
        logs,
        claims,
    })
}

fn monitor(label: &str) -> Result<(&'static dyn Monitor, Options)> {
    let Label { name, options } = Label::parse(label)
        .ok_or_else(|| anyhow!("'{label}' is not a monitor's label: use NAME or NAME{{a=1}}"))?;
    let monitor = monitors::find(name).ok_or_else(|| {
        anyhow!("this harness has no monitor '{name}': score it with the one that measured it")
    })?;
    let options = Options::new(name, monitor.options(), options).map_err(|error| anyhow!(error))?;
    Ok((monitor, options))
}

/// What was told in the cell. A process that was killed leaves a spool that may be cut off.
fn logs(dir: &Path, run: &CellRun, monitor: &dyn Monitor) -> Result<Vec<EventLog>> {
    if run.starts.is_empty() {
        return Ok(vec![decode(&dir.join(SPOOL), monitor, false)?]);
    }
    let killed = |place: usize| {
        let next = run.starts.get(place + 1);
        next.is_some_and(|next| next.after == Start::AFTER[2])
    };
    let all = (0..run.starts.len()).map(|place| {
        let spool = dir.join(Start::folder(place)).join(SPOOL);
        decode(&spool, monitor, killed(place))
    });
    all.collect()
}

fn decode(path: &Path, monitor: &dyn Monitor, killed: bool) -> Result<EventLog> {
    let file = file::open(path)
        .with_context(|| format!("{}: cannot be read: measure again", path.display()))?;
    let mut reader = SpoolReader::new(file);
    let mut decoder = monitor.decoder();
    let bytes = fs::metadata(path).map_or(0, |meta| meta.len());
    let mut log = EventLog::with_room(bytes as usize);
    let mut frames = 0_u64;
    let broken = |frames: u64, why: &dyn std::fmt::Display| {
        anyhow!("{}: frame {frames}: {why}: measure again", path.display())
    };
    while let Some(frame) = reader.next_frame().map_err(|e| broken(frames, &e))? {
        decoder
            .frame(frame, &mut log)
            .map_err(|error| broken(frames, &error))?;
        frames += 1;
    }
    // A spool that was never begun is a file without bytes, or none.
    if !killed && (reader.rest() != 0 || bytes == 0) {
        bail!(
            "{}: is cut off after frame {frames}: measure again",
            path.display()
        );
    }
    decoder.finish(&mut log);
    Ok(log)
}

/// Scores the cell in `dir`. Damaged files make it a failed cell; only a `cell.json` that cannot
/// be read is an error, because then it is not known which cell it is.
pub(crate) fn cell(dir: &Path) -> Result<Scored> {
    cell_with(dir, processes)
}

/// The same with other processes.
pub(crate) fn cell_with(
    dir: &Path,
    processes: fn(&Path) -> contract::Result<Processes>,
) -> Result<Scored> {
    scored(
        dir,
        Reader {
            processes,
            emulated: false,
        },
    )
}

fn scored(dir: &Path, reader: Reader) -> Result<Scored> {
    let run: CellRun = read_json(&dir.join("cell.json"))?;
    if run.status != Status::Ok {
        return Ok(Scored::new(Cell::blank(&run), None));
    }
    let scored = inputs(dir, &run, reader).and_then(|inputs| {
        let others = inputs.others.as_deref();
        let (ledger, claims) = (&inputs.ledger, &inputs.claims);
        match inputs.logs.as_slice() {
            [log] if run.experiment != Experiment::Blind => {
                score(&run, ledger, log, claims, others)
            }
            logs => score_blind(&run, ledger, logs, claims, others),
        }
    });
    Ok(scored.unwrap_or_else(|error| Scored::new(Cell::failed(&run, format!("{error:#}")), None)))
}

/// Scores all cells of the record in `dir` and writes its `summary.json`.
pub(crate) fn record(dir: &Path) -> Result<Summary> {
    record_with(dir, processes)
}

/// The same with other processes.
pub(crate) fn record_with(
    dir: &Path,
    processes: fn(&Path) -> contract::Result<Processes>,
) -> Result<Summary> {
    let record = Record::read(dir)?;
    let reader = Reader {
        processes,
        emulated: record.machine.correctness_only,
    };
    let all = parallel::each(&Record::cells(dir)?, |path| {
        scored(path, reader).unwrap_or_else(|error| lost(path, &error))
    });
    write(dir, record, all)
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

/// Writes `missed.json` and `summary.json` of these cells into the record in `dir`.
pub(crate) fn write(dir: &Path, record: Record, mut all: Vec<Scored>) -> Result<Summary> {
    let missed = all.iter_mut().filter_map(|one| one.missed.take());
    MissedEvents::new(missed.collect()).write(dir)?;
    let summary = Summary::new(record, all)?;
    write_json(&dir.join("summary.json"), &summary)?;
    Ok(summary)
}
