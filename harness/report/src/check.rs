//! What keeps a record from being one that others can use: a line for each fault, which ends in what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use scoring::record::{Experiment, Record, Status, TOOLS};
use scoring::{Cell, MISSED, MissedEvents, Summary, What};

/// The faults of the record in `dir`, read from its files alone. A file that does not read is the last of them.
pub fn check(dir: &Path) -> Vec<String> {
    let read = || anyhow::Ok((Record::read(dir)?, Summary::read(dir)?));
    let (record, summary) = match read() {
        Ok(both) => both,
        Err(error) => return vec![format!("{error:#}")],
    };
    let mut faults = same(&record, &summary);
    faults.extend(machine(&record));
    faults.extend(commit(&record));
    faults.extend(complete(&summary));
    faults.extend(summary.cells.iter().filter_map(unexplained));
    faults.extend(twice(&summary));
    faults.extend(tools(dir, &record));
    faults.extend(missed(dir, &summary));
    faults
}

/// Both files tell of the same run.
fn same(record: &Record, summary: &Summary) -> Vec<String> {
    let values = [record, &summary.record].map(serde_json::to_value);
    let same = matches!(&values, [Ok(one), Ok(other)] if one == other);
    let words = || {
        "summary.json: tells of another run than record.json beside it: harness score the record again".to_owned()
    };
    (!same).then(words).into_iter().collect()
}

fn machine(record: &Record) -> Vec<String> {
    let one = &record.machine;
    let texts = [
        ("kernel", &one.kernel),
        ("arch", &one.arch),
        ("cpu", &one.cpu),
        ("virtualisation", &one.virtualisation),
        ("distribution", &one.distribution),
        ("libc", &one.libc),
    ];
    let empty = texts.into_iter().filter(|(_, text)| text.trim().is_empty());
    let mut names: Vec<_> = empty.map(|(name, _)| name).collect();
    let numbers = [
        ("cpus", u64::from(one.cpus)),
        ("memory_bytes", one.memory_bytes),
    ];
    names.extend(numbers.iter().filter(|one| one.1 == 0).map(|one| one.0));
    let line = |name| {
        format!(
            "record.json: machine.{name} is not told: measure again where /proc and /etc/os-release are readable"
        )
    };
    names.into_iter().map(line).collect()
}

/// One state of the sources made all of it.
fn commit(record: &Record) -> Option<String> {
    let remedy = "measure again with a harness that was built from a checkout without changes";
    match (record.commit.as_deref(), &record.sources) {
        (Some(commit), Some(_)) if !commit.ends_with("-dirty") => None,
        (Some(commit), Some(_)) => Some(format!(
            "record.json: commit {commit} had changed sources: {remedy}"
        )),
        _ => Some(format!(
            "record.json: commit and sources are not told: {remedy}"
        )),
    }
}

/// Each configuration has a cell on each workload, or a reason.
fn complete(summary: &Summary) -> Vec<String> {
    let record = &summary.record;
    let of = |experiment| {
        summary
            .cells
            .iter()
            .any(|cell| cell.experiment == experiment)
    };
    let mut faults = Vec::new();
    if record.workloads.is_empty() || record.monitors.is_empty() || summary.cells.is_empty() {
        faults.push("summary.json: has no cells: measure again".to_owned());
    }
    // The trials of a sweep follow from what was found; blind windows and tampering have workloads of their own.
    if [Experiment::Sweep, Experiment::Blind, Experiment::Tamper]
        .into_iter()
        .any(of)
    {
        return faults;
    }
    // Of a record that was thinned the rows of cases tell of cells that were left out.
    let cases = summary.thinned.iter().flat_map(|_| &summary.cases);
    let cases = cases.map(|one| (one.workload.as_str(), one.configuration.as_str()));
    let cells = summary.cells.iter();
    let there: BTreeSet<_> = cells
        .map(|cell| (cell.workload.as_str(), cell.subject()))
        .chain(cases)
        .collect();
    for monitor in &record.monitors {
        if let Some(lines) = &monitor.unavailable {
            if lines.iter().all(|line| line.trim().is_empty()) {
                faults.push(format!(
                    "record.json: {} could not run, and no reason is told: measure again",
                    monitor.name
                ));
            }
            continue;
        }
        // Nothing is compared with what watches nothing on a case.
        let due = record
            .workloads
            .iter()
            .filter(|workload| !workload.is_case() || monitor.name != "null");
        let without = due
            .filter(|workload| !there.contains(&(workload.name.as_str(), monitor.name.as_str())));
        faults.extend(without.map(|workload| {
            format!(
                "summary.json: {} has no cell on {}: measure again to the end",
                monitor.name, workload.name
            )
        }));
    }
    faults
}

fn named(cell: &Cell) -> String {
    format!(
        "{} under {}, repetition {}",
        cell.workload, cell.configuration, cell.repetition
    )
}

fn unexplained(cell: &Cell) -> Option<String> {
    let told = cell
        .error
        .as_deref()
        .is_some_and(|why| !why.trim().is_empty());
    let word = match cell.status {
        Status::Ok => return None,
        Status::Failed => "failed",
        Status::Unavailable => "could not run",
    };
    (!told).then(|| {
        format!(
            "summary.json: {}: {word}, and no reason is told: measure again",
            named(cell)
        )
    })
}

/// No cell stands there twice.
fn twice(summary: &Summary) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let again = summary.cells.iter().filter(|cell| !seen.insert(cell.order));
    let line = |cell: &Cell| {
        format!(
            "summary.json: {}: is not the only cell of order {}: harness score the record again",
            named(cell),
            cell.order
        )
    };
    again.map(line).collect()
}

/// The definition of each third-party tool lies beside its figures.
fn tools(dir: &Path, record: &Record) -> Vec<String> {
    let tools = record.monitors.iter().filter(|one| one.version.is_some());
    let lacking = tools.filter_map(|one| {
        let name = one.name.split('{').next().unwrap_or_default();
        let path = Path::new(TOOLS).join(format!("{name}.toml"));
        (!dir.join(&path).is_file()).then(|| {
            format!(
                "{}: is missing: copy the definition that {} was measured with",
                path.display(),
                one.name
            )
        })
    });
    lacking.collect()
}

/// `missed.json` is of these cells and has what they missed.
fn missed(dir: &Path, summary: &Summary) -> Vec<String> {
    let kept = match MissedEvents::read(dir) {
        Ok(kept) => kept,
        Err(error) => return vec![format!("{error:#}")],
    };
    let mut told: BTreeMap<(u32, &str), u64> = BTreeMap::new();
    for cell in &kept.cells {
        for group in cell.groups.iter().filter(|one| one.what == What::Missed) {
            *told.entry((cell.order, &group.kind)).or_default() += group.total;
        }
    }
    let differ = |cell: &Cell| {
        let mut kinds = cell.kinds.0.iter().filter(|(_, kind)| kind.offered);
        kinds.any(|(kind, score)| {
            let told = told.get(&(cell.order, kind.as_str())).copied();
            told.unwrap_or(0) != score.missed
        })
    };
    let wrong = summary.cells.iter().filter(|cell| differ(cell));
    wrong
        .map(|cell| {
            format!("{MISSED}: {}: has not as many missed events as summary.json: harness score the record where its raw/ still is", named(cell))
        })
        .collect()
}
