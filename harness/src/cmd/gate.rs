//! `harness gate`: fails on event-loss regression, for CI.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{add_tools, print, run};
use crate::cli::{GateArgs, RunArgs, ToolsArgs};
use crate::exit::{misuse, say};
use crate::gate_render;
use crate::machine;
use report::numbers::count;
use scoring::Summary;
use scoring::gate::{self, Baseline, Finding, Outcome};
use scoring::record::{Record, write_json_pretty};

/// Judges a record, or runs of its own, against the baseline; or makes the baseline.
pub(super) fn gate(args: &GateArgs) -> Result<()> {
    add_tools(&args.tools)?;
    if args.update {
        return update(args);
    }
    let file = args.baseline.display();
    let baseline = Baseline::read(&args.baseline).map_err(|error| misuse(format!("{error:#}")))?;
    let fits = |summary: &Summary| {
        let unfit = |error| misuse(format!("{file}: {error:#}"));
        baseline.fits(summary).map_err(unfit)
    };
    let findings = match &args.dir {
        Some(dir) => {
            let summary = read(dir)?;
            fits(&summary)?;
            gate::unconfirmed(gate::judge(&baseline, &summary, args.costs))
        }
        None => {
            // Before minutes are spent on measuring what cannot be compared.
            let here = baseline.fits_machine(&machine::describe());
            here.map_err(|error| misuse(format!("{file}: {error:#}")))?;
            measured(args, &baseline, &fits)?
        }
    };
    tell(args, &findings)?;
    let bad = findings.iter().filter(|one| one.outcome == Outcome::Failed);
    match bad.count() {
        0 => Ok(()),
        bad => bail!("the gate fails: {bad} findings, the table names each"),
    }
}

/// Runs what the baseline has; what looks bad is run again before it is reported.
fn measured(
    args: &GateArgs,
    baseline: &Baseline,
    fits: &dyn Fn(&Summary) -> Result<()>,
) -> Result<Vec<Finding>> {
    let again = |seed: u64, out: Option<PathBuf>| {
        let run = RunArgs {
            monitors: baseline.monitors.clone(),
            workloads: baseline.workloads.iter().map(|one| one.0.clone()).collect(),
            reps: baseline.repetitions,
            scale: baseline.scale,
            seed,
            out,
            tools: ToolsArgs::default(),
        };
        let summary = Summary::read(&run::measure(&run, "gate")?.out)?;
        fits(&summary)?;
        Ok::<_, anyhow::Error>(gate::judge(baseline, &summary, args.costs))
    };
    let first = again(args.seed, args.out.clone())?;
    if first.iter().all(|one| one.outcome < Outcome::Suspected) {
        return Ok(first);
    }
    say("something looks worse than the baseline: measuring once more");
    let out = args.out.as_ref().map(|out| out.join("again"));
    Ok(gate::confirm(first, &again(args.seed + 1, out)?))
}

/// Writes the baseline anew, from a record or from a run of its own.
fn update(args: &GateArgs) -> Result<()> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => {
            let run = RunArgs {
                monitors: args.monitors.clone(),
                workloads: args.workloads.clone(),
                reps: args.reps,
                scale: args.scale,
                seed: args.seed,
                out: args.out.clone(),
                tools: ToolsArgs::default(),
            };
            let measured = run::measure(&run, "gate")?;
            if measured.failed > 0 {
                bail!(
                    "{} cells failed: no baseline is made of that",
                    measured.failed
                );
            }
            measured.out
        }
    };
    let baseline = Baseline::of(&read(&dir)?);
    if baseline.losses.is_empty() {
        bail!(
            "{}: no monitor was measured, so there is nothing to promise",
            dir.display()
        );
    }
    write_json_pretty(&args.baseline, &baseline)?;
    say(&format!(
        "{} now promises the loss of {} on {}: commit it",
        args.baseline.display(),
        count(baseline.monitors.len() as u64, "monitor"),
        count(baseline.workloads.len() as u64, "workload")
    ));
    Ok(())
}

fn read(dir: &Path) -> Result<Summary> {
    let bad = |error| misuse(format!("{error:#}"));
    Record::read(dir).map_err(bad)?;
    Summary::read(dir).map_err(bad)
}

/// The table to stdout, with what the CI service reads; files where they were asked for.
fn tell(args: &GateArgs, findings: &[Finding]) -> Result<()> {
    let ci = args
        .annotations
        .found(|name| std::env::var_os(name).is_some());
    print(&gate_render::table(findings))?;
    print(&gate_render::annotations(findings, ci))?;
    let put = |path: &Path, text: String| {
        fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
    };
    if let Some(path) = &args.junit {
        put(path, gate_render::junit(findings)?)?;
    }
    if let Some(path) = &args.markdown {
        // A summary page is shared: what other steps wrote stays.
        let before = fs::read_to_string(path).unwrap_or_default();
        put(path, before + &gate_render::markdown(findings))?;
    }
    Ok(())
}
