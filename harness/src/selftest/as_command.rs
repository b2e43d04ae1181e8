//! The truth of a command examined: workloads of ours run as commands that are not, and what is found out
//! about them from outside is held against the ledger that they write.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Error, Result, bail};
use contract::{Kind, Ledger, Pid};
use scoring::record::{Experiment, Status, TRUTH_OF_A_COMMAND};
use workloads::{Definition, ForeignCommand};

use super::case::Case;
use crate::cell::{Cell, Stage};
use crate::exit::say;
use crate::foreign::truth;
use crate::select;

/// Forks alone, programs with and without a C library, and shells, which write nothing down.
const WORKLOADS: [&str; 4] = [
    "fork-bomb",
    "short-lived/fork",
    "short-lived/pipeline",
    "static-binary",
];

/// Runs each of them as a command, for about so many events together. The cases, and how many true events
/// were held against the ledgers; none of either where the truth of a command cannot be had here.
pub(crate) fn as_commands(stage: &Stage, events: u64, first: u32) -> Result<(Vec<Case>, u64)> {
    let (mut cases, mut compared) = (Vec::new(), 0);
    let each = events / WORKLOADS.len() as u64;
    for (order, name) in (first..).zip(WORKLOADS) {
        let workload = select::workload(name)?;
        if let Some(why) = workload.unavailable() {
            say(&format!("{name} as a command is left out: {why}"));
            continue;
        }
        let script = workload
            .script(1.0, &stage.programs)
            .map_err(Error::from_boxed)?;
        let scale = each as f64 / script.expected.total() as f64;
        match run(stage, &workload, scale, order)? {
            Truths::Both(both) => {
                let [ledger, foreign] = &*both;
                compared += ledger.truths.len() as u64;
                let faults = differences(ledger, foreign);
                let name = format!("{name} as a command");
                cases.push(Case { name, faults });
            }
            Truths::Unknown(why) => {
                say(&format!("{name} as a command is left out: {why}"));
                return Ok((Vec::new(), 0));
            }
        }
    }
    Ok((cases, compared))
}

/// What is known of one run.
enum Truths {
    /// As its ledger has it, and as it was found out from outside.
    Both(Box<[Ledger; 2]>),
    /// Why nothing is known from outside.
    Unknown(String),
}

fn run(stage: &Stage, workload: &Definition, scale: f64, order: u32) -> Result<Truths> {
    let ledger = stage.out.join(format!("ledger-{order}"));
    std::fs::create_dir(&ledger)
        .with_context(|| format!("{}: cannot be made", ledger.display()))?;
    let script = workload
        .script(scale, &stage.programs)
        .map_err(Error::from_boxed)?;
    let tag = format!("{}c{order}", stage.tag);
    workloads::prepare(&ledger, &script, &tag).map_err(Error::from_boxed)?;
    let label = format!("{} as a command", workload.label);
    let command = Definition::of_command(&label, command(stage, &ledger)?);
    let command = command.map_err(Error::from_boxed)?;
    let configuration = select::null()?;
    let cell = Cell {
        stage,
        experiment: Experiment::Foreign,
        workload: &command,
        scale: 1.0,
        configuration: &configuration,
        stands_for: None,
        repetition: 1,
        baseline: true,
        accounted: true,
        order,
    };
    let row = cell.run()?;
    if row.status != Status::Ok {
        bail!("{label}: {}", row.error.unwrap_or_default());
    }
    match row.truth_source {
        Some(source) if source == TRUTH_OF_A_COMMAND => Ok(Truths::Both(Box::new([
            workloads::ledger::read(&ledger).map_err(Error::from_boxed)?,
            truth::read(&cell.dir()).map_err(Error::from_boxed)?.0,
        ]))),
        source => Ok(Truths::Unknown(source.unwrap_or_default())),
    }
}

/// The runner of workloads, as any other program.
fn command(stage: &Stage, ledger: &Path) -> Result<ForeignCommand> {
    let exe = std::env::current_exe().context("/proc/self/exe")?;
    let mut argv = vec![exe.into(), "workload".into(), "--dir".into(), ledger.into()];
    argv.extend(
        stage
            .user
            .map(|user| format!("--user={}", user.text()).into()),
    );
    Ok(ForeignCommand {
        supervised: false,
        argv,
        cwd: "/".into(),
        ..ForeignCommand::default()
    })
}

/// A process that ended: its pid, its status, and whether it executed.
type Life = (Pid, i32, bool);

/// One line for each difference. The command is one process more than the ledger has: the runner of the
/// workload itself.
fn differences(ledger: &Ledger, foreign: &Ledger) -> Vec<String> {
    let mut faults = Vec::new();
    let (written, mut found) = (lives(ledger), lives(foreign));
    for (life, times) in &written {
        let left = found.entry(*life).or_default();
        match left.checked_sub(*times) {
            Some(rest) => *left = rest,
            None => faults.push(format!(
                "{}: {times} in the ledger, {left} from outside",
                words(life)
            )),
        }
    }
    let more: Vec<_> = found.iter().filter(|(_, times)| **times > 0).collect();
    let runner = |(life, times): &(&Life, &u64)| (life.1, life.2) == (0, true) && **times == 1;
    if more.len() != 1 || !runner(&more[0]) {
        let more: Vec<_> = more.iter().map(|(life, _)| words(life)).collect();
        let few: Vec<_> = more.iter().take(5).cloned().collect();
        faults.push(format!(
            "{} processes beside the ledger's, not the runner alone: {}",
            more.len(),
            few.join("; ")
        ));
    }
    for kind in Kind::ALL {
        let of = |ledger: &Ledger| {
            let own = ledger.truths.iter().filter(|truth| truth.kind == kind);
            own.count() as u64 + ledger.ambiguous.of(kind)
        };
        let (written, found) = (of(ledger) + 1, of(foreign));
        if written != found {
            faults.push(format!(
                "{kind}: {written} in the ledger and of its runner, {found} from outside"
            ));
        }
    }
    faults
}

/// How many processes there are of each sort. Pids come again: those of one pid are told apart by what
/// they did, each exit taking the exec that came last before it, if any since the exit before.
fn lives(ledger: &Ledger) -> BTreeMap<Life, u64> {
    let mut of_pid: BTreeMap<Pid, Vec<(u64, Kind, i32)>> = BTreeMap::new();
    for truth in &ledger.truths {
        let status = truth.fields.status.unwrap_or_default();
        let all = of_pid.entry(truth.pid).or_default();
        all.push((truth.before, truth.kind, status));
    }
    let mut lives = BTreeMap::new();
    for (pid, mut events) in of_pid {
        events.sort_unstable();
        let mut executed = false;
        for (_, kind, status) in events {
            match kind {
                Kind::Fork => executed = false,
                Kind::Exec => executed = true,
                Kind::Exit => *lives.entry((pid, status, executed)).or_default() += 1,
            }
        }
    }
    lives
}

fn words((pid, status, executed): &Life) -> String {
    let executed = if *executed {
        "executed"
    } else {
        "not executed"
    };
    format!("process {pid}, {executed}, status {status}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Counts, Fields, Truth};

    fn life(pid: Pid, from: u64, executed: bool) -> Vec<Truth> {
        let truth = |kind, at, status| Truth {
            after: at,
            before: at,
            due: None,
            fields: Fields {
                status,
                ..Fields::default()
            },
            pid,
            kind,
            loose: true,
        };
        let exec = executed.then(|| truth(Kind::Exec, from + 1, None));
        let ends = [
            truth(Kind::Fork, from, None),
            truth(Kind::Exit, from + 2, Some(0)),
        ];
        ends.into_iter().chain(exec).collect()
    }

    fn ledger(lives: &[(Pid, bool)], ambiguous: u64) -> Ledger {
        let all = (1..).zip(lives);
        Ledger {
            truths: all
                .flat_map(|(at, one)| life(one.0, at * 10, one.1))
                .collect(),
            ambiguous: Counts([0, ambiguous, 0]),
            ..Ledger::default()
        }
    }

    #[test]
    fn only_the_runner_may_be_more_and_pids_may_come_again() {
        let written = ledger(&[(7, true), (8, false), (7, false)], 0);
        let of =
            |lives: &[(Pid, bool)], ambiguous| differences(&written, &ledger(lives, ambiguous));
        let all = [(7, true), (9, true), (8, false), (7, false)];
        assert_eq!(of(&all, 0), Vec::<String>::new());
        // One process less, one that executed in place of one that did not, and an exec too many.
        assert!(!of(&all[..3], 0).is_empty());
        assert!(!of(&[(7, true), (9, true), (8, true), (7, false)], 0).is_empty());
        assert!(of(&all, 1)[0].starts_with("exec: 2 in the ledger and of its runner, 3"));
        let two = [&all[..], &[(12, true)]].concat();
        assert!(of(&two, 0)[0].starts_with("2 processes beside the ledger's"));
    }
}
