//! `harness advise`: which technique for which need, by the rules and a record.

mod rate;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use contract::bare_name;

use self::rate::Rate;
use crate::exit::misuse;
use crate::output::show;
use report::advise::{self, Asked, Named, Need, Rules};
use scoring::Summary;

/// Where records are looked for when none is named.
const RESULTS: &str = "results";

pub(crate) const EXAMPLES: &str = "Examples:
  harness advise                                  all needs, from the best record under results/
  harness advise --need full-detail --rate 2000   what keeps up with 2,000 events a second
  harness advise --rate exec=40,fork=60           and what each costs at such a rate
  harness advise --kernel 5.10 --no-root results/kernels/*/
Needs: miss-nothing, least-cost, full-detail, anywhere.";

/// What is needed, and where.
#[derive(Debug, Args)]
pub(crate) struct AdviseArgs {
    /// Records to choose from [default: all under results/]
    #[arg(value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// What the monitor is for; may be repeated
    #[arg(long = "need", value_name = "NAME")]
    needs: Vec<String>,
    /// Only records of this kernel, such as 5.10
    #[arg(long, value_name = "VERSION")]
    kernel: Option<String>,
    /// Only techniques that run without root
    #[arg(long)]
    no_root: bool,
    /// Events a second (forks, execs and exits together) it has to keep up with, or how many of which, as in
    /// exec=40,fork=60 (as many exits as forks): then it is said what each configuration costs at that
    #[arg(long, value_name = "N|KINDS", value_parser = Rate::parse, allow_negative_numbers = true)]
    rate: Option<Rate>,
}

/// Prints the answers.
pub(crate) fn advise(args: &AdviseArgs) -> Result<()> {
    let rules = Rules::embedded()?;
    let needs = needs(&rules, &args.needs)?;
    let (place, all) = choose(args)?;
    let (dir, summary) = &all[place];
    let asked = Asked {
        no_root: args.no_root,
        rate: args.rate.map(Rate::events),
    };
    let answers: Vec<_> = needs
        .iter()
        .map(|need| advise::answer(&rules, need, summary, asked))
        .collect();
    let machine = &summary.record.machine;
    let mut text = format!(
        "from {}: Linux {}, {} CPUs ({})\n",
        dir.display(),
        machine.kernel,
        machine.cpus,
        machine.cpu
    );
    if machine.correctness_only {
        text += "the CPUs were emulated: what was seen counts, how fast does not\n";
    }
    let others = others(&rules, &needs, asked, place, &all);
    let costs = args
        .rate
        .map_or_else(String::new, |rate| rate.costs(&all, place));
    show(
        &(contract::plain_lines(&text)
            + &contract::plain_lines(&costs)
            + &advise::text(&answers)
            + &contract::plain_lines(&others)),
    )
}

/// A line for each record of the same machine that answers a need differently, with the reason.
fn others(
    rules: &Rules,
    needs: &[&Need],
    asked: Asked,
    place: usize,
    all: &[(PathBuf, Summary)],
) -> String {
    let names: Vec<_> = all
        .iter()
        .map(|(dir, _)| dir.display().to_string())
        .collect();
    let named = names.iter().zip(all);
    let named = named.map(|(name, (_, summary))| Named { name, summary });
    let named: Vec<_> = named.collect();
    let of_need = |need: &&Need| {
        let others = advise::others(rules, need, asked, named[place], &named);
        let name = need.name.clone();
        others
            .into_iter()
            .map(move |other| format!("{name}: {}\n", other.words))
    };
    let lines: String = needs.iter().flat_map(of_need).collect();
    match lines.is_empty() {
        true => lines,
        false => format!("\nOther answers from records of the same machine\n{lines}"),
    }
}

fn needs<'a>(rules: &'a Rules, wanted: &[String]) -> Result<Vec<&'a Need>> {
    if wanted.is_empty() {
        return Ok(rules.needs.iter().collect());
    }
    let find = |name: &String| {
        let names: Vec<_> = rules.needs.iter().map(|need| need.name.as_str()).collect();
        let found = rules.needs.iter().find(|need| need.name == *name);
        found.ok_or_else(|| misuse(format!("--need {name}: there are {}", names.join(", "))))
    };
    wanted.iter().map(find).collect()
}

/// On how many workloads event loss was tested, whatever the technique.
fn tested(one: &Summary) -> usize {
    let rows = one.comparison.iter().filter(|row| row.loss_tested);
    let workloads: BTreeSet<_> = rows.map(|row| row.workload.as_str()).collect();
    workloads.len()
}

/// The record to answer from: of the kernel that was asked for, on real CPUs where there is one,
/// with the most workloads on which event loss was tested, with a noise floor that overhead is held against, the most
/// workloads, usual techniques and repetitions, and the
/// latest of these.
fn choose(args: &AdviseArgs) -> Result<(usize, Vec<(PathBuf, Summary)>)> {
    let mut all = records(args)?;
    let kernels: Vec<_> = all
        .iter()
        .map(|(_, one)| one.record.machine.kernel.clone())
        .collect();
    if let Some(kernel) = &args.kernel {
        all.retain(|(_, one)| is_of(&one.record.machine.kernel, kernel));
    }
    let best = all.iter().enumerate().max_by_key(|(_, (_, one))| {
        (
            !one.comparison.is_empty(),
            !one.record.machine.correctness_only,
            tested(one),
            one.noise_floor.all.is_some(),
            one.record.workloads.len(),
            usual(one),
            one.record.repetitions,
            one.record.started.clone(),
        )
    });
    let Some((place, _)) = best else {
        let kernel = args.kernel.as_deref().unwrap_or_default();
        return Err(misuse(format!(
            "--kernel {kernel}: no record of such a kernel, there are {}: measure there with harness run",
            kernels.join(", ")
        )));
    };
    let lent = all
        .iter()
        .map(|(dir, one)| (dir.clone(), with_cases(one, &all)));
    let lent = lent.collect();
    Ok((place, lent))
}

/// How many techniques it has that belong to every comparison: a record that was made for one tool is
/// not to answer for them all.
fn usual(one: &Summary) -> usize {
    let measured = |name: &str| {
        let mut all = one.record.monitors.iter();
        all.any(|m| m.unavailable.is_none() && bare_name(&m.name) == name)
    };
    let every = monitors::all().iter();
    every.filter(|m| m.usual() && measured(m.name())).count()
}

/// The record, with the cases of another one of its machine where it has none itself.
fn with_cases(one: &Summary, all: &[(PathBuf, Summary)]) -> Summary {
    let mut own = one.clone();
    if let Some(lender) = report::lender(one, all.iter().map(|(_, other)| other)) {
        own.cases.clone_from(&lender.cases);
    }
    own
}

/// 5.10 is the kernel of 5.10.0-35-amd64, 5.1 is not.
fn is_of(kernel: &str, wanted: &str) -> bool {
    kernel
        .strip_prefix(wanted)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn records(args: &AdviseArgs) -> Result<Vec<(PathBuf, Summary)>> {
    let found = if args.dirs.is_empty() {
        below(Path::new(RESULTS), 3)
    } else {
        super::args::records(&args.dirs)?
    };
    if found.is_empty() {
        return Err(misuse(format!(
            "{RESULTS}: holds no record: name a record's folder, or measure one with harness run"
        )));
    }
    let read = |dir: PathBuf| {
        let summary = Summary::read(&dir).map_err(|error| misuse(format!("{error:#}")))?;
        let summary = report::folded(summary).without_cases();
        Ok((dir, summary))
    };
    found.into_iter().map(read).collect()
}

/// The folders with a summary, at most so deep. A sweep is no comparison: it drives techniques on
/// purpose to where they lose.
fn below(dir: &Path, depth: u32) -> Vec<PathBuf> {
    if dir.join("sweep.json").exists() {
        return Vec::new();
    }
    if dir.join("summary.json").exists() {
        return vec![dir.to_owned()];
    }
    let entries = if depth == 0 {
        None
    } else {
        fs::read_dir(dir).ok()
    };
    let mut paths: Vec<_> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let folders = paths.iter().filter(|path| path.is_dir());
    folders.flat_map(|path| below(path, depth - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_compared_by_whole_numbers() {
        assert!(is_of("5.10.0-35-amd64", "5.10") && is_of("6.1", "6.1"));
        assert!(!is_of("5.10.0", "5.1") && !is_of("6.12.3", "6.1"));
    }
}
