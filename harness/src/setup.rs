//! What every command that measures sets up first, and what it then says of itself.

mod folder;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Error, Result};
use monitors::owned_dir::OwnedDir;
use nix::fcntl::Flock;
use workloads::Definition;

use crate::buffer_sizes;
use crate::cell::{Stage, interrupt};
use crate::cgroup::{Hierarchy, Leaf};
use crate::select::Configuration;
use crate::{cleanup, lock, machine, user, version};
use scoring::record::{FORMAT, MonitorInfo, Record, TOOLS, WorkloadInfo};

/// The machine, taken for measuring: no other harness measures while this lives.
pub(super) struct Setup {
    /// What all cells share.
    pub(super) stage: Stage,
    recovered: Vec<String>,
    /// What cannot be measured on this machine.
    notes: Vec<String>,
    /// What was in the group below which groups are made.
    _leaf: Option<Leaf>,
    _programs: OwnedDir,
    _lock: Flock<fs::File>,
}

/// What a record says it was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) seed: u64,
    pub(super) scale: f64,
    pub(super) repetitions: u32,
}

impl Setup {
    /// Makes the folder `wanted`, or one called after `kind` and the time; takes the machine, and
    /// puts back what killed runs had left. Another harness is waited for at most for `patience`.
    pub(super) fn new(
        wanted: Option<&Path>,
        kind: &str,
        scale: f64,
        patience: Option<Duration>,
    ) -> Result<Self> {
        let out = folder::make(wanted, kind)?;
        interrupt::catch()?;
        let lock = match lock::take(patience) {
            Ok(lock) => lock,
            Err(error) => {
                // Nothing is in it yet, and a later run may ask for the same.
                fs::remove_dir(&out).with_context(|| out.display().to_string())?;
                return Err(error);
            }
        };
        let recovered = cleanup::put_back()?.done;
        let programs = install()?;
        let mut notes = Vec::from_iter(machine::chroot());
        let groups = groups().map_or_else(
            |why| {
                notes.push(Hierarchy::note(&format!("{why:#}")));
                (None, None)
            },
            |(hierarchy, leaf)| (Some(hierarchy), leaf),
        );
        let stage = Stage {
            out: fs::canonicalize(out)?,
            programs: programs.path().to_owned(),
            hierarchy: groups.0,
            user: user::of_workloads(),
            scale,
            tag: tag(),
            emulated: contract::emulated(),
        };
        Ok(Self {
            stage,
            recovered,
            notes,
            _leaf: groups.1,
            _programs: programs,
            _lock: lock,
        })
    }

    /// Keeps in the record how the third-party tool are started and read.
    pub(super) fn keep_tools(&self, configurations: &[Configuration]) -> Result<()> {
        let dir = self.stage.out.join(TOOLS);
        for one in configurations {
            let Some(text) = one.monitor.definition() else {
                continue;
            };
            let path = dir.join(format!("{}.toml", one.monitor.name()));
            let kept = fs::create_dir_all(&dir).and_then(|()| fs::write(&path, text));
            kept.with_context(|| format!("{}: cannot be written", path.display()))?;
        }
        Ok(())
    }

    /// `record.json` of these workloads under these monitors.
    pub(super) fn record(
        &self,
        asked: Asked,
        workloads: &[Definition],
        configurations: &[Configuration],
    ) -> Record {
        let name = self.stage.out.file_name();
        Record {
            format: FORMAT,
            record: name.map_or("record".into(), |name| name.to_string_lossy().into_owned()),
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            command: std::env::args_os()
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
            seed: asked.seed,
            scale: asked.scale,
            repetitions: asked.repetitions,
            precision: None,
            version: env!("CARGO_PKG_VERSION").into(),
            commit: version::COMMIT.map(Into::into),
            sources: version::SOURCES.map(Into::into),
            machine: machine::describe(self.stage.hierarchy.as_ref()),
            workloads: workloads
                .iter()
                .map(|one| self.workload_info(one))
                .collect(),
            monitors: configurations.iter().map(monitor_info).collect(),
            recovered: self.recovered.clone(),
            notes: self.notes.clone(),
        }
    }

    /// What a record says of one workload.
    pub(super) fn workload_info(&self, one: &Definition) -> WorkloadInfo {
        let script = one.script(self.stage.scale, &self.stage.programs);
        WorkloadInfo {
            name: one.label.clone(),
            model: one.model().into(),
            analysis: one.analysis.clone(),
            expected: script.map_or([0; 3], |script| script.expected.0),
        }
    }
}

/// Why a monitor cannot run here; nothing when it can.
pub(super) fn reasons(one: &Configuration) -> Vec<String> {
    one.monitor
        .missing(&one.options)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn monitor_info(one: &Configuration) -> MonitorInfo {
    let reasons = reasons(one);
    let unavailable = (!reasons.is_empty()).then_some(reasons);
    MonitorInfo {
        name: one.label(),
        about: one.monitor.about().into(),
        version: one.monitor.version(),
        buffer: buffer_sizes::size(one),
        unavailable,
    }
}

/// Where groups are made, emptied for them.
fn groups() -> Result<(Hierarchy, Option<Leaf>)> {
    let hierarchy = Hierarchy::find()?;
    let leaf = hierarchy.clear()?;
    Ok((hierarchy, leaf))
}

/// Letters and digits that no other run on this machine has: time and pid.
fn tag() -> String {
    let time = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    format!("{:x}p{:x}", time.as_millis(), std::process::id())
}

/// The programs, where every user may run them.
fn install() -> Result<OwnedDir> {
    let dir = OwnedDir::temporary(cleanup::PROGRAMS, true).context(
        "no folder for the programs of workloads: set TMPDIR to one from which programs may be run",
    )?;
    workloads::install(dir.path()).map_err(Error::from_boxed)?;
    Ok(dir)
}
