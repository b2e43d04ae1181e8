use contract::Kind;

use super::baseline::{Baseline, CostLine, LossLine, costs, counts, least};
use crate::record::Status;
use crate::stats;
use crate::summary::Summary;

/// The chance of a false alarm in one comparison, over all its lines together, beside the doubt
/// that is in the allowances.
pub(super) const ALARM: f64 = 1e-4;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Events lost.
    Loss,
    /// Time, CPU or detection latency: advisory unless asked for.
    Cost,
    /// Cells that went wrong, or are not there.
    Cells,
}

/// How a line was judged, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As promised.
    Fine,
    /// Worse, and told; the gate holds.
    Advisory,
    /// Worse than chance allows: to be confirmed by a second run.
    Suspected,
    /// The gate fails.
    Failed,
}

/// One line of the gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Label of the workload.
    pub workload: String,
    /// Label of the monitor.
    pub configuration: String,
    /// What was looked at: a kind, a cost, or `cells`.
    pub what: String,
    /// Its sort.
    pub subject: Subject,
    /// How it was judged.
    pub outcome: Outcome,
    /// The figures, in words.
    pub says: String,
}

/// Holds `summary`, which fits it, against `baseline`. With `strict` costs are judged too.
pub fn judge(baseline: &Baseline, summary: &Summary, strict: bool) -> Vec<Finding> {
    let lines = baseline.losses.len().max(1) as f64;
    let losses = baseline.losses.iter();
    let mut findings: Vec<_> = losses
        .map(|line| loss(line, summary, ALARM / lines))
        .collect();
    findings.extend(broken(summary));
    if baseline.machine.cpu == summary.record.machine.cpu {
        findings.extend(costly(baseline, summary, strict));
    }
    findings
}

fn loss(line: &LossLine, summary: &Summary, alarm: f64) -> Finding {
    // A word that is no kind has no counts: it was not measured.
    let kind = line.kind.parse::<Kind>();
    let counts = kind.map_or_else(
        |_| Vec::new(),
        |kind| counts(summary, &line.workload, &line.configuration, kind),
    );
    let (missed, truths) = stats::pool(&counts);
    let promised = line.allowance <= 0.0;
    let chance = stats::at_least(missed, truths, line.allowance);
    let unmeasured = counts.is_empty() || truths == 0 && line.truths > 0;
    let outcome = if unmeasured {
        Outcome::Failed
    } else if promised && missed > 0 {
        // No confirmation is asked for: it was promised that none is lost, and one was.
        Outcome::Failed
    } else if missed > 0 && chance < alarm {
        Outcome::Suspected
    } else {
        Outcome::Fine
    };
    let allowed = if promised {
        "none may be".to_owned()
    } else {
        format!("a share of {:.2e} may be", line.allowance)
    };
    let says = if unmeasured {
        "was not measured".to_owned()
    } else {
        format!(
            "{missed} of {truths} lost, {} of {} in the baseline; {allowed}",
            line.missed, line.truths
        )
    };
    Finding {
        workload: line.workload.clone(),
        configuration: line.configuration.clone(),
        what: line.kind.clone(),
        subject: Subject::Loss,
        outcome,
        says,
    }
}

/// Cells that failed say nothing about loss, and so the gate cannot hold.
fn broken(summary: &Summary) -> impl Iterator<Item = Finding> {
    let failed = summary
        .cells
        .iter()
        .filter(|cell| cell.status == Status::Failed);
    failed.map(|cell| Finding {
        workload: cell.workload.clone(),
        configuration: cell.configuration.clone(),
        what: format!("repetition {}", cell.repetition),
        subject: Subject::Cells,
        outcome: Outcome::Failed,
        says: cell.error.clone().unwrap_or_else(|| "failed".into()),
    })
}

/// A cost is worse when its whole interval lies above that of the baseline, and by more than the
/// noise of either record. With `strict` one that is not there, or has no interval, cannot hold.
fn costly(baseline: &Baseline, summary: &Summary, strict: bool) -> Vec<Finding> {
    let of = |old| cost(old, summary, strict);
    baseline.costs.iter().filter_map(of).collect()
}

fn cost(old: &CostLine, summary: &Summary, strict: bool) -> Option<Finding> {
    let one = summary.of(&old.workload, &old.configuration);
    let all = one.map(|one| costs(summary, one)).unwrap_or_default();
    let new = all.iter().find(|new| new.metric == old.metric);
    let low = one.and_then(|one| least(one, &old.metric));
    let judged = new.zip(low.zip(old.high));
    let (outcome, says) = match (new, judged) {
        (None, _) if !strict => return None,
        (None, _) => (Outcome::Failed, "was not measured".into()),
        (Some(new), None) if strict => (
            Outcome::Failed,
            format!(
                "{:.4} without an interval cannot be judged: measure more repetitions",
                new.value
            ),
        ),
        (Some(new), judged) => {
            let apart = judged.is_some_and(|(_, (low, high))| low > high);
            let worse = apart && new.value > old.value * old.noise.max(new.noise);
            let outcome = match (worse, strict) {
                (false, _) => Outcome::Fine,
                (true, false) => Outcome::Advisory,
                (true, true) => Outcome::Suspected,
            };
            let says = format!("{:.4}, {:.4} in the baseline", new.value, old.value);
            (outcome, says)
        }
    };
    Some(Finding {
        workload: old.workload.clone(),
        configuration: old.configuration.clone(),
        what: old.metric.clone(),
        subject: Subject::Cost,
        outcome,
        says,
    })
}

/// What is left of suspicions after an independent second run: those that it shares. What that run
/// itself shows beyond doubt stands: a promise it broke, a cell of it that failed.
pub fn confirm(mut first: Vec<Finding>, second: &[Finding]) -> Vec<Finding> {
    let mut only_second: Vec<_> = second
        .iter()
        .filter(|one| one.outcome == Outcome::Failed)
        .collect();
    for finding in &mut first {
        let is_same = |other: &&Finding| {
            (&other.workload, &other.configuration, &other.what)
                == (&finding.workload, &finding.configuration, &finding.what)
        };
        let same = second.iter().find(is_same);
        only_second.retain(|other| !is_same(other));
        let again = same.is_some_and(|other| other.outcome >= Outcome::Suspected);
        let told = same.map_or("not measured", |other| &other.says);
        match finding.outcome {
            Outcome::Suspected if again => {
                finding.outcome = Outcome::Failed;
                finding.says += &format!("; a second run confirms it: {told}");
            }
            Outcome::Suspected => {
                finding.outcome = Outcome::Fine;
                finding.says += &format!("; a second run does not confirm it: {told}");
            }
            Outcome::Failed => finding.says += &format!("; a second run: {told}"),
            Outcome::Fine | Outcome::Advisory
                if same.is_some_and(|other| other.outcome == Outcome::Failed) =>
            {
                finding.outcome = Outcome::Failed;
                finding.says += &format!("; a second run fails: {told}");
            }
            Outcome::Fine | Outcome::Advisory => {}
        }
    }
    first.extend(only_second.into_iter().map(|one| Finding {
        says: format!("in a second run: {}", one.says),
        ..one.clone()
    }));
    first
}

/// What stands where there is no second run, as of a record that was measured elsewhere: every
/// suspicion.
pub fn unconfirmed(mut findings: Vec<Finding>) -> Vec<Finding> {
    let suspected = |finding: &&mut Finding| finding.outcome == Outcome::Suspected;
    for finding in findings.iter_mut().filter(suspected) {
        finding.outcome = Outcome::Failed;
        finding.says += "; on suspicion, a record has no second run";
    }
    findings
}
