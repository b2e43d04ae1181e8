use contract::Kind;

use super::baseline::{Baseline, LossLine, costs, counts, least};
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
    let kind = line.kind.parse::<Kind>().unwrap_or(Kind::Exec);
    let counts = counts(summary, &line.workload, &line.configuration, kind);
    let (missed, truths) = stats::pool(&counts);
    let promised = line.allowance <= 0.0;
    let chance = stats::at_least(missed, truths, line.allowance);
    let outcome = if truths == 0 && line.truths > 0 {
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
    let says = if truths == 0 && line.truths > 0 {
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
/// noise of either record.
fn costly(baseline: &Baseline, summary: &Summary, strict: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for old in &baseline.costs {
        let Some(one) = summary.of(&old.workload, &old.configuration) else {
            continue;
        };
        let now = costs(summary, one);
        let Some(new) = now.iter().find(|new| new.metric == old.metric) else {
            continue;
        };
        let apart = least(one, &old.metric)
            .zip(old.high)
            .is_some_and(|(low, high)| low > high);
        let worse = apart && new.value > old.value * old.noise.max(new.noise);
        findings.push(Finding {
            workload: old.workload.clone(),
            configuration: old.configuration.clone(),
            what: old.metric.clone(),
            subject: Subject::Cost,
            outcome: match (worse, strict) {
                (false, _) => Outcome::Fine,
                (true, false) => Outcome::Advisory,
                (true, true) => Outcome::Suspected,
            },
            says: format!("{:.4}, {:.4} in the baseline", new.value, old.value),
        });
    }
    findings
}

/// What is left of suspicions after an independent second run: those that it shares.
pub fn confirm(mut first: Vec<Finding>, second: &[Finding]) -> Vec<Finding> {
    for finding in &mut first {
        let same = second.iter().find(|other| {
            (&other.workload, &other.configuration, &other.what)
                == (&finding.workload, &finding.configuration, &finding.what)
        });
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
            Outcome::Fine | Outcome::Advisory => {}
        }
    }
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
