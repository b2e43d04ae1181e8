//! Why commands cost something else than a model says, in words: what the reasons that are known would
//! explain, and which rows stay unexplained.

use contract::bare_name;
use scoring::cost_model::{CostModel, Cpu, Prediction};

/// What a row that does not agree comes under.
#[derive(Clone, Copy, PartialEq)]
enum Reason {
    /// Every system call is dearer.
    Taxed,
    /// Each event wakes the reader.
    Woken,
    Unknown,
    /// It costs less.
    Less,
}

type Row<'a> = (&'a CostModel, &'a Prediction);

/// A line for each reason, with the rows that it is about. A reason is likely, not shown, for a row:
/// what shows that there is such a cost at all stands beside it.
pub(super) fn reasons(models: &[CostModel]) -> Vec<String> {
    let all = models
        .iter()
        .flat_map(|model| model.predictions.iter().map(move |one| (model, one)));
    let judged: Vec<Row<'_>> = all.filter(|(_, one)| one.agrees.is_some()).collect();
    let apart: Vec<_> = judged
        .iter()
        .filter_map(|row| Some((reason(row)?, *row)))
        .collect();
    let line = |wanted: Reason| {
        let rows = apart.iter().filter(|(reason, _)| *reason == wanted);
        let rows: Vec<Row<'_>> = rows.map(|(_, row)| *row).collect();
        (!rows.is_empty()).then(|| words(wanted, &rows, judged.len()))
    };
    let order = [Reason::Taxed, Reason::Woken, Reason::Unknown, Reason::Less];
    order.into_iter().filter_map(line).collect()
}

/// `None` of a row that agrees.
fn reason((model, one): &Row<'_>) -> Option<Reason> {
    let predicted = one
        .predicted
        .as_ref()
        .filter(|_| one.agrees == Some(false))?;
    Some(if one.measured.value <= predicted.value {
        Reason::Less
    } else if one.cpu == Cpu::Own && is_slower(model, one) {
        Reason::Woken
    } else if one.cpu == Cpu::System && bare_name(&model.configuration) == "audit" {
        Reason::Taxed
    } else {
        Reason::Unknown
    })
}

fn words(reason: Reason, rows: &[Row<'_>], judged: usize) -> String {
    let names = names(rows);
    match reason {
        Reason::Taxed => format!(
            "{names}: audit makes every system call of every process dearer, not only those of these events \
             (results/syscalls: a program that begins no process), and a model of events cannot know how many \
             calls a command makes."
        ),
        Reason::Woken => {
            let (count, have) = match rows.len() {
                1 => ("1 row".to_owned(), "has"),
                count => (format!("{count} rows"), "have"),
            };
            format!(
                "{count} of what monitors cost themselves {have} less than a tenth of the highest rate of the model: \
                 there each event wakes the reader; at high rates one wake-up reads many."
            )
        }
        Reason::Unknown => format!("{names}: why is not known."),
        Reason::Less => format!(
            "{names}: less than predicted. Of {judged} intervals of 95 % one in twenty lies elsewhere by chance."
        ),
    }
}

/// Whether events came at less than a tenth of the highest rate, which decides the slope of the model.
fn is_slower(model: &CostModel, one: &Prediction) -> bool {
    let points = model.own.iter().flat_map(|fit| &fit.points);
    let rates = points.map(|point| point.forks_per_s + point.execs_per_s);
    one.forks_per_s + one.execs_per_s < rates.fold(0.0, f64::max) / 10.0
}

/// "real/git under audit, real/nginx under audit".
fn names(rows: &[Row<'_>]) -> String {
    let name = |(model, one): &Row<'_>| {
        let cpu = match one.cpu {
            Cpu::Own => ", itself",
            Cpu::System => "",
        };
        format!("{} under {}{cpu}", one.workload, model.configuration)
    };
    rows.iter().map(name).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use scoring::cost_model::{Fit, FitPoint};
    use scoring::stats::Estimate;

    use super::*;

    fn estimate(value: f64) -> Estimate {
        Estimate {
            value,
            low: None,
            high: None,
            n: 3,
        }
    }

    fn row(workload: &str, cpu: Cpu, rate: f64, measured: f64, agrees: bool) -> Prediction {
        Prediction {
            workload: workload.into(),
            cpu,
            forks_per_s: rate,
            execs_per_s: 0.0,
            measured: estimate(measured),
            predicted: Some(estimate(0.1)),
            agrees: Some(agrees),
            seen: None,
        }
    }

    fn model(configuration: &str, predictions: Vec<Prediction>) -> CostModel {
        let point = |rate| FitPoint {
            workload: "w".into(),
            forks_per_s: rate,
            execs_per_s: 0.0,
            cpus: estimate(0.1),
        };
        let own = Fit {
            base_cpus: None,
            fork_us: None,
            exec_us: None,
            execs_per_fork: None,
            cells: 2,
            misfit: 1.0,
            free: [0.0; 3],
            covariance: [[0.0; 3]; 3],
            quantile: 2.0,
            points: vec![point(0.0), point(1000.0)],
        };
        CostModel {
            configuration: configuration.into(),
            own: Some(own),
            system: None,
            predictions,
        }
    }

    #[test]
    fn each_row_that_costs_more_has_its_reason_or_is_said_to_have_none() {
        let audit = vec![
            row("a", Cpu::System, 5.0, 0.3, false),
            row("b", Cpu::System, 5.0, 0.3, true),
            row("c", Cpu::Own, 5.0, 0.3, false),
        ];
        let ebpf = vec![
            row("d", Cpu::System, 5.0, 0.3, false),
            row("e", Cpu::System, 5.0, 0.01, false),
            row("f", Cpu::Own, 2000.0, 0.3, false),
        ];
        let lines = reasons(&[model("audit{backlog=64}", audit), model("ebpf", ebpf)]);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[0].starts_with("a under audit{backlog=64}: audit makes"));
        assert!(lines[1].starts_with("1 row of what"), "{}", lines[1]);
        assert_eq!(
            lines[2],
            "d under ebpf; f under ebpf, itself: why is not known."
        );
        assert!(lines[3].starts_with("e under ebpf: less than predicted. Of 6"));
    }

    #[test]
    fn where_all_agree_nothing_is_said() {
        let fine = vec![row("a", Cpu::System, 5.0, 0.3, true)];
        assert!(reasons(&[model("audit", fine)]).is_empty());
    }
}
