//! `harness gate`: fails on event-loss regression, for CI.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};
use clap::Args;
use contract::{Kind, file};

use super::args::{OutArgs, ToolsArgs, duration, factor};
use crate::cgroup::Hierarchy;
use crate::exit::{misuse, say};
use crate::experiment::Until;
use crate::gate_render::{self, Ci};
use crate::machine;
use crate::measure::{Limit, Measured, Wanted, measure};
use crate::output::{self, print};
use crate::select;
use report::numbers::count;
use scoring::Summary;
use scoring::gate::{self, Baseline, Finding, Outcome};
use scoring::record::{Record, write_json_pretty};

pub(crate) const EXAMPLES: &str = "Examples:
  harness gate --baseline gate.json --update -m 'ebpf|netlink'   measure, and promise that
  harness gate --baseline gate.json --junit gate.xml             measure the same again, and judge
  harness gate --baseline gate.json results/run-1                judge a record
Exit codes: 0 the gate holds, 1 it fails, 2 the baseline cannot be held against this,
3 nothing could run, or another harness was waited for in vain.";

/// What its records are called after.
const KIND: &str = "gate";

/// Flags of a gate that measures: with a record there is nothing to measure.
const MEASURING: [&str; 8] = [
    "monitors",
    "workloads",
    "reps",
    "budget",
    "scale",
    "seed",
    "out",
    "wait",
];
/// Flags of a gate that judges: with --update it does not.
const JUDGING: [&str; 3] = ["costs", "junit", "markdown"];

/// What is judged, against what, and where the verdict goes.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The committed baseline
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    /// The record to judge [default: measure what the baseline has]
    #[arg(value_name = "DIR", conflicts_with_all = MEASURING)]
    dir: Option<PathBuf>,
    /// Make the baseline anew instead, from DIR or from a run with the options below
    #[arg(long, conflicts_with_all = JUDGING)]
    update: bool,
    /// Judge costs and detection latency too, against the noise floor
    #[arg(long)]
    costs: bool,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Append a summary in Markdown, say to $GITHUB_STEP_SUMMARY
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Whose annotations to print
    #[arg(long, value_name = "CI", value_enum, default_value = "auto")]
    annotations: Ci,
    /// With --update: monitors, as for `run`
    #[arg(short, long = "monitor", value_name = "PATTERN", requires = "update")]
    monitors: Vec<String>,
    /// With --update: workloads, as for `run`; at a fixed rate below capacity unless said
    #[arg(
        short,
        long = "workload",
        value_name = "PATTERN",
        default_value = "paced$",
        requires = "update"
    )]
    workloads: Vec<String>,
    /// With --update: repetitions of every cell
    #[arg(long, value_name = "N", default_value_t = 5, requires = "update", value_parser = clap::value_parser!(u32).range(1..=1000))]
    reps: u32,
    /// Spend no more than this on measuring, such as 5m, even if that leaves fewer repetitions
    #[arg(long, value_name = "T", value_parser = duration)]
    budget: Option<Duration>,
    /// Wait for another harness on this machine at most so long: a CI job must not hang
    #[arg(long, value_name = "T", default_value = "10m", value_parser = duration)]
    wait: Duration,
    /// With --update: factor on the number of processes
    #[arg(long, value_name = "F", default_value_t = 1.0, requires = "update", value_parser = factor, allow_negative_numbers = true)]
    scale: f64,
    /// The record that is measured; a second one goes into it as `again`.
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    tools: ToolsArgs,
}

/// Judges a record, or runs of its own, against the baseline; or makes the baseline.
pub(crate) fn gate(args: &GateArgs) -> Result<()> {
    if args.update {
        args.tools.add()?;
        return update(args);
    }
    let findings = judged(args).map_err(|error| refused(args, error))?;
    tell(args, &findings)?;
    let bad = findings.iter().filter(|one| one.outcome == Outcome::Failed);
    match bad.count() {
        0 => {
            say(&holds(&findings));
            Ok(())
        }
        bad => bail!("the gate fails: {bad} findings, the table names each"),
    }
}

/// Holds what there is, or what is measured for it, against the baseline.
fn judged(args: &GateArgs) -> Result<Vec<Finding>> {
    args.tools.add()?;
    let file = args.baseline.display();
    let unfit = |error| misuse(format!("{file}: {error:#}"));
    let baseline = Baseline::read(&args.baseline).map_err(|error| misuse(format!("{error:#}")))?;
    let fits = |summary: &Summary| {
        baseline.fits(summary).map_err(unfit)?;
        match args.costs {
            true => baseline.covers_costs(summary).map_err(unfit),
            false => Ok(()),
        }
    };
    if let Some(dir) = &args.dir {
        let summary = read(dir)?;
        fits(&summary)?;
        return Ok(gate::unconfirmed(gate::judge(
            &baseline, &summary, args.costs,
        )));
    }
    // Before minutes are spent on measuring what cannot be compared.
    let here = machine::describe(Hierarchy::find().ok().as_ref());
    baseline.fits_machine(&here).map_err(unfit)?;
    if args.costs {
        baseline.judges_costs(&here).map_err(unfit)?;
    }
    for label in &baseline.monitors {
        baseline.promises(label, &offered(label)?).map_err(unfit)?;
    }
    measured(args, &baseline, &fits)
}

/// The kinds that the monitor called `label` offers.
fn offered(label: &str) -> Result<Vec<Kind>> {
    let one = select::configuration(label)?;
    let claims = one.monitor.claims(&one.options);
    Ok(Kind::ALL
        .into_iter()
        .filter(|&kind| claims.kind(kind))
        .collect())
}

/// One sentence on what was found to be as promised.
fn holds(findings: &[Finding]) -> String {
    let worse = |one: &&Finding| one.outcome == Outcome::Advisory;
    let kept = findings.iter().filter(|one| one.outcome == Outcome::Fine);
    let kept = count(kept.count() as u64, "promise");
    match findings.iter().filter(worse).count() as u64 {
        0 => format!("the gate holds: {kept} kept"),
        worse => format!(
            "the gate holds: {kept} kept; {} more than before, which only --costs judges",
            count(worse, "cost")
        ),
    }
}

/// A refusal goes to every output too: a file of an earlier gate, or none, would read as success.
fn refused(args: &GateArgs, error: Error) -> Error {
    let why = contract::plain(&format!("{error:#}"));
    let file = args.baseline.display().to_string();
    let told = gate_render::junit_refused(&file, &why)
        .and_then(|junit| tell_files(args, &junit, &gate_render::markdown_refused(&why)))
        .and_then(|()| print(&gate_render::annotation_refused(&file, &why, ci(args))));
    if let Err(also) = told {
        say(&format!("{also:#}"));
    }
    error
}

/// Runs what the baseline has; what looks bad is run again before it is reported.
fn measured(
    args: &GateArgs,
    baseline: &Baseline,
    fits: &dyn Fn(&Summary) -> Result<()>,
) -> Result<Vec<Finding>> {
    let again = |seed: u64, out: Option<PathBuf>| {
        let workloads = baseline.workloads.iter();
        let Measured { out, .. } = measure(&Wanted {
            monitors: baseline.monitors.clone(),
            workloads: workloads.map(|(label, _)| only(label)).collect(),
            command: None,
            told: false,
            until: enough(args, baseline.repetitions),
            own_length: true,
            scale: baseline.scale,
            seed,
            out,
            kind: KIND,
            patience: Some(args.wait),
        })?;
        let summary = Summary::read(&out)?;
        fits(&summary)?;
        Ok::<_, anyhow::Error>(gate::judge(baseline, &summary, args.costs))
    };
    let first = again(args.out.seed, args.out.out.clone())?;
    if first.iter().all(|one| one.outcome < Outcome::Suspected) {
        return Ok(first);
    }
    say("something looks worse than the baseline: measuring once more");
    let out = args.out.out.as_ref().map(|out| out.join("again"));
    Ok(gate::confirm(first, &again(args.out.seed + 1, out)?))
}

/// The pattern that means the workload called `label` and not a folder of that name.
fn only(label: &str) -> String {
    let name = contract::bare_name(label);
    format!("{name}${}", &label[name.len()..])
}

/// Writes the baseline anew, from a record or from a run of its own.
fn update(args: &GateArgs) -> Result<()> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => measured_for_update(args)?,
    };
    let summary = read(&dir)?;
    let baseline = Baseline::accept(&summary)
        .map_err(|error| misuse(format!("{}: {error:#}", dir.display())))?;
    for monitor in &summary.record.monitors {
        if let Some(why) = &monitor.unavailable {
            let name = &monitor.name;
            say(&format!(
                "{name} is not promised, it cannot run here: {}",
                why.join("; ")
            ));
        }
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

/// So many repetitions, or as many as the budget has time for.
fn enough(args: &GateArgs, repetitions: u32) -> Limit {
    Limit::Until(Until {
        blocks: Some(repetitions),
        budget: args.budget,
        precision: None,
    })
}

/// The folder of a record that has what the baseline is to promise.
fn measured_for_update(args: &GateArgs) -> Result<PathBuf> {
    let Measured { out, failed } = measure(&Wanted {
        monitors: args.monitors.clone(),
        workloads: args.workloads.clone(),
        command: None,
        told: false,
        until: enough(args, args.reps),
        own_length: true,
        scale: args.scale,
        seed: args.out.seed,
        out: args.out.out.clone(),
        kind: KIND,
        patience: Some(args.wait),
    })?;
    if failed > 0 {
        bail!("{failed} cells failed: no baseline is made of that");
    }
    Ok(out)
}

fn read(dir: &Path) -> Result<Summary> {
    let bad = |error| misuse(format!("{error:#}"));
    Record::read(dir).map_err(bad)?;
    Summary::read(dir).map_err(bad)
}

/// The CI service whose form is printed.
fn ci(args: &GateArgs) -> Ci {
    let set = |name: &str| std::env::var_os(name).is_some();
    args.annotations.found(set)
}

/// The table to stdout, with what the CI service reads; files where they were asked for.
fn tell(args: &GateArgs, findings: &[Finding]) -> Result<()> {
    tell_files(
        args,
        &gate_render::junit(findings)?,
        &gate_render::markdown(findings),
    )?;
    let width = output::width().map(|width| u16::try_from(width).unwrap_or(u16::MAX));
    print(&gate_render::table(findings, width))?;
    print(&gate_render::annotations(findings, ci(args)))
}

fn tell_files(args: &GateArgs, junit: &str, markdown: &str) -> Result<()> {
    let put = |path: &Path, text: &str| {
        file::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
    };
    if let Some(path) = &args.junit {
        put(path, junit)?;
    }
    if let Some(path) = &args.markdown {
        // A summary page is shared: what other steps wrote stays.
        file::append(path, markdown)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(())
}
