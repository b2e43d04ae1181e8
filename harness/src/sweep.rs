//! Raising the load on each monitor until events are lost or the rate is not met. What came of the
//! trials is computed in `scoring::sweep`.

mod course;
mod load;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use workloads::Definition;

use crate::buffer_sizes;
use crate::cell::interrupt;
use crate::exit::{misuse, say};
use crate::scorer;
use crate::select::{self, Configuration};
use crate::setup::{Asked, Setup, reasons};
use course::Course;
use load::{MANY, can_lose, definition};
use scoring::record::{Status, write_json_pretty};
use scoring::sweep::result::Sweep;
use scoring::sweep::search::CONFIRM;
use scoring::sweep::{Load, MODEL};

/// The workload that is turned up where none is chosen.
const USUAL: &str = "paced$";

/// What is swept, and where the record goes.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Patterns of monitors.
    pub(crate) monitors: Vec<String>,
    /// Patterns of workloads.
    pub(crate) workloads: Vec<String>,
    /// No trial begins after so long, the wait for another harness not counted.
    pub(crate) budget: Duration,
    /// Seed of the order of trials and of the bootstraps.
    pub(crate) seed: u64,
    /// The record's folder.
    pub(crate) out: Option<PathBuf>,
    /// How long another harness is waited for; without end where it is not said.
    pub(crate) patience: Option<Duration>,
}

/// A sweep that is measured, computed and reported.
pub(crate) struct Swept {
    /// Its folder.
    pub(crate) out: PathBuf,
    /// Searches that were cut short.
    pub(crate) unfinished: usize,
    /// Trials that went well.
    pub(crate) measured: usize,
    /// Trials that did not.
    pub(crate) failed: usize,
}

/// Measures, computes and reports.
pub(crate) fn sweep(wanted: &Wanted) -> Result<Swept> {
    let configurations = configurations(&wanted.monitors)?;
    let bases = bases(&wanted.workloads)?;
    let setup = Setup::new(wanted.out.as_deref(), "sweep", 1.0, wanted.patience)?;
    let until = Instant::now() + wanted.budget;
    let null = select::null()?;
    let everyone: Vec<_> = std::iter::once(null.clone())
        .chain(configurations.iter().cloned())
        .collect();
    setup.keep_tools(&everyone)?;
    let asked = Asked {
        seed: wanted.seed,
        scale: 1.0,
        repetitions: CONFIRM as u32,
    };
    let mut record = setup.record(asked, &[], &everyone);
    let mut course = Course::new(&setup.stage, null, wanted.seed, until);
    let ended = bases
        .iter()
        .try_for_each(|base| search(&mut course, base, &configurations, &setup));
    let (tried, scored) = course.finish();
    let out = &setup.stage.out;
    record.workloads = tried.iter().map(|one| setup.workload_info(one)).collect();
    write_json_pretty(&out.join("record.json"), &record)?;
    let of = |status| {
        let cells = scored.iter().map(|one| &one.cell);
        cells.filter(|cell| cell.status == status).count()
    };
    let (failed, measured) = (of(Status::Failed), of(Status::Ok));
    let summary = scorer::write(out, record, scored)?;
    let found = Sweep::new(&summary);
    found.write(out)?;
    report::write_readme(out, report::Pictures::Svg)?;
    if ended
        .as_ref()
        .is_err_and(Error::is::<interrupt::Interrupted>)
    {
        say(&format!(
            "what was found so far is in {}: its report names what was not finished",
            out.display()
        ));
    }
    ended?;
    let unfinished = found.found.iter().filter(|one| one.unfinished.is_some());
    Ok(Swept {
        out: out.clone(),
        unfinished: unfinished.count(),
        measured,
        failed,
    })
}

/// All searches on one workload.
fn search(
    course: &mut Course<'_>,
    base: &Definition,
    configurations: &[Configuration],
    setup: &Setup,
) -> Result<()> {
    let mut able = Vec::new();
    for one in configurations {
        match hindrance(base, one, setup)? {
            Some(why) => course.unable(base, one, &why)?,
            None => able.push(one),
        }
    }
    course.base(base, &able)
}

/// What is swept: a monitor without options is compared with itself at other sizes of its buffer.
fn configurations(patterns: &[String]) -> Result<Vec<Configuration>> {
    let mut all: Vec<Configuration> = Vec::new();
    for one in select::monitors(patterns)? {
        let labels = match one.options.label().is_empty() {
            true => buffer_sizes::labels(one.monitor.name()),
            false => vec![one.label()],
        };
        for label in labels {
            let one = select::configuration(&label)?;
            if all.iter().all(|other| other.label() != label) {
                all.push(one);
            }
        }
    }
    Ok(all)
}

/// Why a monitor cannot be swept on `base`, if it cannot.
fn hindrance(base: &Definition, one: &Configuration, setup: &Setup) -> Result<Option<String>> {
    let missing = reasons(one);
    if !missing.is_empty() {
        return Ok(Some(missing.join("; ")));
    }
    let many = definition(Load::Burst(MANY), base).map_err(Error::from_boxed)?;
    let script = many.script(1.0, &setup.stage.programs);
    let expected = script.map_err(Error::from_boxed)?.expected;
    let claims = one.monitor.claims(&one.options);
    Ok((!can_lose(claims, expected)).then(|| {
        format!(
            "{} offers no kind that {} turns up: choose another workload with -w, such as {MODEL}/exec",
            one.label(),
            base.label
        )
    }))
}

/// What is turned up.
fn bases(patterns: &[String]) -> Result<Vec<Definition>> {
    let usual = [USUAL.to_owned()];
    let bases = select::workloads(if patterns.is_empty() {
        &usual
    } else {
        patterns
    })?;
    match bases.iter().find(|one| one.model() != MODEL) {
        None => Ok(bases),
        Some(other) => Err(misuse(format!(
            "-w chooses '{}', which keeps no timetable: choose a workload of the model {MODEL}",
            other.label
        ))),
    }
}
