//! What a technique saw of a case, in one word: from matching and fields alone, by the same rule for
//! every case and every technique.

use std::fmt;

use contract::{Field, Kind};
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::record::{Record, Status};

/// What was seen, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CaseOutcome {
    /// Of all that happened nothing is offered, so nothing was missed.
    #[serde(rename = "not offered")]
    NotOffered,
    /// All that is offered, and all of it right.
    #[serde(rename = "seen")]
    Seen,
    /// Every event, but a field is absent or cut short.
    #[serde(rename = "seen without detail")]
    WithoutDetail,
    /// Every event, one more than once.
    #[serde(rename = "seen twice")]
    Twice,
    /// Every event, but a field is wrong, or something was seen that never was.
    #[serde(rename = "seen wrongly")]
    Wrongly,
    /// Not every event.
    #[serde(rename = "not seen")]
    NotSeen,
}

impl fmt::Display for CaseOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOffered => "not offered",
            Self::Seen => "seen",
            Self::WithoutDetail => "seen without detail",
            Self::Twice => "seen twice",
            Self::Wrongly => "seen wrongly",
            Self::NotSeen => "not seen",
        })
    }
}

/// One thing to say about what was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// How it was seen.
    pub outcome: CaseOutcome,
    /// What it was: a kind, a field, or [`EVERYTHING`].
    pub what: String,
}

/// All the events of a case.
pub const EVERYTHING: &str = "everything";

/// One case under one monitor, all repetitions together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseScore {
    /// Label of the case.
    pub workload: String,
    /// Label of the monitor.
    pub configuration: String,
    /// Cells that were measured.
    pub repetitions: usize,
    /// The worst of all repetitions; `None` when there is none.
    pub outcome: Option<CaseOutcome>,
    /// What it is about, worst first.
    pub findings: Vec<Finding>,
    /// Whether all repetitions had the same findings.
    pub same: bool,
    /// Whether one of them failed, or the case or the monitor cannot run here.
    pub status: Status,
    /// Why.
    pub error: Option<String>,
}

/// All cases of a record under all of its monitors.
pub(super) fn cases(record: &Record, cells: &[Cell]) -> Vec<CaseScore> {
    let cases = record.workloads.iter().filter(|one| one.is_case());
    let monitors = || record.monitors.iter().filter(|one| one.name != "null");
    cases
        .flat_map(|case| monitors().map(move |monitor| (&*case.name, &*monitor.name)))
        .map(|(case, monitor)| {
            let of = |cell: &&Cell| cell.workload == case && cell.configuration == monitor;
            together(case, monitor, &cells.iter().filter(of).collect::<Vec<_>>())
        })
        .collect()
}

fn together(case: &str, monitor: &str, cells: &[&Cell]) -> CaseScore {
    let measured = cells.iter().filter(|cell| cell.status == Status::Ok);
    let looks: Vec<_> = measured.map(|cell| look(cell)).collect();
    let bad = cells.iter().find(|cell| cell.status != Status::Ok);
    let mut found: Vec<_> = looks.iter().flatten().cloned().collect();
    found.sort_by(|a, b| b.cmp(a));
    found.dedup();
    CaseScore {
        workload: case.to_owned(),
        configuration: monitor.to_owned(),
        repetitions: looks.len(),
        outcome: looks.iter().map(|findings| verdict(findings)).max(),
        findings: found,
        same: looks.windows(2).all(|two| two[0] == two[1]),
        status: bad.map_or(Status::Ok, |cell| cell.status),
        error: bad.and_then(|cell| cell.error.clone()),
    }
}

/// The worst of the findings; a kind that is not offered is no fault.
fn verdict(findings: &[Finding]) -> CaseOutcome {
    let faults = findings.iter().map(|finding| finding.outcome);
    let worst = faults.max().unwrap_or(CaseOutcome::Seen);
    let whole = findings.iter().any(|finding| finding.what == EVERYTHING);
    if worst == CaseOutcome::NotOffered && !whole {
        CaseOutcome::Seen
    } else {
        worst
    }
}

/// Everything there is to say about one measured cell.
fn look(cell: &Cell) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |outcome, what: String| findings.push(Finding { outcome, what });
    let due = || cell.kinds.0.iter().filter(|(_, score)| score.truths > 0);
    let offered = due().any(|(_, score)| score.offered);
    if !offered {
        say(CaseOutcome::NotOffered, EVERYTHING.into());
    }
    let unseen = offered && due().all(|(_, score)| score.missed == score.truths);
    if unseen {
        say(CaseOutcome::NotSeen, EVERYTHING.into());
    }
    for (kind, score) in &cell.kinds.0 {
        if !score.offered {
            if offered && score.truths > 0 {
                say(CaseOutcome::NotOffered, kind.to_string());
            }
            continue;
        }
        if score.missed > 0 && !unseen {
            say(
                CaseOutcome::NotSeen,
                share(*kind, score.missed, score.truths),
            );
        }
        if score.false_positives > 0 {
            say(
                CaseOutcome::Wrongly,
                format!("{} false positives", counted(*kind, score.false_positives)),
            );
        }
        if score.duplicates > 0 {
            say(CaseOutcome::Twice, counted(*kind, score.duplicates));
        }
    }
    for (field, score) in &cell.fields.0 {
        let judged = score.judged();
        let mut told = |outcome, how: &str, count: u64| {
            if score.offered && count > 0 {
                say(outcome, of_field(*field, how, count, judged));
            }
        };
        told(CaseOutcome::Wrongly, "wrong", score.wrong);
        told(CaseOutcome::Wrongly, "stale", score.stale);
        told(CaseOutcome::WithoutDetail, "cut short", score.truncated);
        told(CaseOutcome::WithoutDetail, "missing", score.missing);
    }
    findings
}

/// "exit", or "1 of 3 execs".
fn share(kind: Kind, missed: u64, truths: u64) -> String {
    if missed == truths {
        kind.to_string()
    } else {
        format!("{missed} of {truths} {kind}s")
    }
}

fn counted(kind: Kind, count: u64) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{count} {kind}{many}")
}

fn of_field(field: Field, how: &str, count: u64, judged: u64) -> String {
    let field = field.as_str();
    if count == judged {
        format!("{field} {how}")
    } else {
        format!("{field} {how} in {count} of {judged}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_key::Keyed;
    use crate::cell::KindScore;
    use crate::fields::FieldScore;
    use crate::record::CellRun;

    /// Of each kind one was due and matched, of each field one right.
    fn cell(change: impl Fn(&mut Keyed<Kind, KindScore>, &mut Keyed<Field, FieldScore>)) -> Cell {
        let mut cell = Cell::blank(&CellRun::nothing("case/x", "m"));
        cell.kinds = Keyed::each(|_| KindScore {
            offered: true,
            truths: 1,
            matched: 1,
            ..KindScore::default()
        });
        cell.fields = Keyed::each(|_| FieldScore {
            offered: true,
            correct: 1,
            ..FieldScore::default()
        });
        change(&mut cell.kinds, &mut cell.fields);
        cell
    }

    fn says(cell: &Cell) -> (CaseOutcome, String) {
        let mut findings = look(cell);
        findings.sort_by(|a, b| b.cmp(a));
        let words = findings
            .iter()
            .map(|one| format!("{}: {}", one.outcome, one.what));
        let words: Vec<_> = words.collect();
        (verdict(&findings), words.join("; "))
    }

    #[test]
    fn each_word_has_its_reason() {
        let kind = |kinds: &mut Keyed<Kind, KindScore>, of, change: fn(&mut KindScore)| {
            change(kinds.0.get_mut(&of).unwrap());
        };
        assert_eq!(says(&cell(|_, _| {})), (CaseOutcome::Seen, String::new()));
        let missed =
            cell(|kinds, _| kind(kinds, Kind::Exit, |one| (one.truths, one.missed) = (3, 1)));
        assert_eq!(
            says(&missed),
            (CaseOutcome::NotSeen, "not seen: 1 of 3 exits".into())
        );
        let twice = cell(|kinds, _| kind(kinds, Kind::Fork, |one| one.duplicates = 1));
        assert_eq!(
            says(&twice),
            (CaseOutcome::Twice, "seen twice: 1 fork".into())
        );
        let made_up = cell(|kinds, _| kind(kinds, Kind::Exec, |one| one.false_positives = 2));
        assert_eq!(
            says(&made_up),
            (
                CaseOutcome::Wrongly,
                "seen wrongly: 2 execs false positives".into()
            )
        );
        let cut = cell(|_, fields| {
            let argv = fields.0.get_mut(&Field::Argv).unwrap();
            (argv.correct, argv.truncated) = (0, 1);
        });
        assert_eq!(
            says(&cut),
            (
                CaseOutcome::WithoutDetail,
                "seen without detail: argv cut short".into()
            )
        );
        let wrong = cell(|_, fields| fields.0.get_mut(&Field::Ppid).unwrap().wrong = 1);
        assert_eq!(
            says(&wrong),
            (
                CaseOutcome::Wrongly,
                "seen wrongly: ppid wrong in 1 of 2".into()
            )
        );
    }

    #[test]
    fn what_is_not_offered_is_no_fault() {
        let without = |gone: &'static [Kind]| {
            cell(move |kinds, _| {
                for kind in gone {
                    let score = kinds.0.get_mut(kind).unwrap();
                    (score.offered, score.matched, score.missed) = (false, 0, 1);
                }
            })
        };
        assert_eq!(
            says(&without(&[Kind::Exit])),
            (CaseOutcome::Seen, "not offered: exit".into())
        );
        let nothing = says(&without(&Kind::ALL));
        assert_eq!(
            nothing,
            (CaseOutcome::NotOffered, "not offered: everything".into())
        );
    }

    #[test]
    fn what_was_not_due_is_a_false_positive_where_it_is_offered() {
        let made_up = cell(|kinds, _| {
            for (kind, score) in &mut kinds.0 {
                score.offered = *kind == Kind::Exec;
                score.truths = u64::from(!score.offered);
                score.matched = 0;
                score.false_positives = u64::from(score.offered);
            }
        });
        let said = "seen wrongly: 1 exec false positives; not offered: everything";
        assert_eq!(says(&made_up), (CaseOutcome::Wrongly, said.into()));
    }

    #[test]
    fn a_cell_that_failed_blames_no_monitor() {
        let mut failed = cell(|_, _| {});
        failed.status = Status::Failed;
        failed.error = Some("the ledger is not whole".into());
        let score = together("case/x", "m", &[&failed]);
        assert_eq!((score.outcome, score.status), (None, Status::Failed));
        assert!(score.findings.is_empty());
    }

    #[test]
    fn repetitions_that_differ_are_said_to() {
        let good = cell(|_, _| {});
        let bad = cell(|kinds, _| kinds.0.get_mut(&Kind::Exit).unwrap().missed = 1);
        let score = together("case/x", "m", &[&good, &bad, &good]);
        assert_eq!(
            (score.outcome, score.same, score.repetitions),
            (Some(CaseOutcome::NotSeen), false, 3)
        );
        assert!(together("case/x", "m", &[&bad, &bad]).same);
    }
}
