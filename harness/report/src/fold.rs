//! A loss cell may run with a smaller buffer than was asked for, which is then in its label: no loss
//! with it holds for any larger one. What is shown of a record has such cells under the configuration
//! that they stand for.

use std::collections::BTreeMap;

use contract::{Kind, Label};
use scoring::record::{Experiment, Status};
use scoring::{BufferScore, Cell, Comparison, FieldScore, Keyed, Lineage, Loss, Summary};

/// The options that size a buffer.
const SIZES: [&str; 4] = ["ring", "rcvbuf", "backlog", "pages"];

/// With which smaller buffer loss was tested, by workload and configuration.
pub(crate) type Tested = BTreeMap<(String, String), String>;

/// The record as it is shown.
pub fn folded(summary: Summary) -> Summary {
    fold(summary).0
}

/// The record as it is shown, and what stands for what in it.
pub(crate) fn fold(mut summary: Summary) -> (Summary, Tested) {
    let mut tested = Tested::new();
    let stand_ins = stand_ins(&summary);
    let rows: Vec<Comparison> = summary.comparison.clone();
    for row in summary
        .comparison
        .iter_mut()
        .filter(|row| row.repetitions > 0)
    {
        let mut others = rows.iter().filter(|other| {
            other.workload == row.workload
                && other.repetitions > 0
                && stand_ins.get(&other.configuration) == Some(&row.configuration)
        });
        let place = (row.workload.clone(), row.configuration.clone());
        match others.next() {
            // What only the smaller buffer lost says nothing of the larger one.
            Some(other) if missed(other) == 0 || row.missed_elsewhere > 0 => {
                tested.insert(place, options(&other.configuration, &row.configuration));
                adopt(row, other);
            }
            _ if row.loss.0.is_empty() && row.configuration != "null" => {
                own_loss(row, &summary.cells);
            }
            _ => {}
        }
    }
    for cell in &mut summary.cells {
        let place = (cell.workload.clone(), stand_ins.get(&cell.configuration));
        if let (workload, Some(base)) = place
            && tested.contains_key(&(workload, base.clone()))
        {
            cell.configuration.clone_from(base);
        }
    }
    let stays = |name: &str| !stand_ins.contains_key(name);
    summary.comparison.retain(|row| stays(&row.configuration));
    summary.record.monitors.retain(|one| stays(&one.name));
    summary.overhead.retain(|one| stays(&one.configuration));
    (summary, tested)
}

/// The configurations that stand for another one in the loss experiment.
fn stand_ins(summary: &Summary) -> BTreeMap<String, String> {
    let names = || summary.record.monitors.iter().map(|one| &one.name);
    let only_loss = |name: &String| {
        let mut own = summary
            .cells
            .iter()
            .filter(|cell| cell.configuration == *name);
        own.all(|cell| cell.experiment == Experiment::Loss || cell.status == Status::Unavailable)
    };
    let base = |name: &String| {
        let base = names().find(|base| is_smaller(name, base))?;
        Some((name.clone(), base.clone()))
    };
    names()
        .filter(|name| only_loss(name))
        .filter_map(base)
        .collect()
}

/// Whether `name` is `base` with options that size its buffer, and no other.
fn is_smaller(name: &str, base: &str) -> bool {
    let both = Label::parse(name).zip(Label::parse(base));
    both.is_some_and(|(name, base)| {
        let more = name
            .options
            .iter()
            .filter(|one| !base.options.contains(one));
        let mut more = more.peekable();
        name.name == base.name
            && base.options.iter().all(|one| name.options.contains(one))
            && more.peek().is_some()
            && more.all(|(option, _)| SIZES.contains(option))
    })
}

/// "ring=64k" of `ebpf{rest=1ms,ring=64k}`.
fn options(name: &str, base: &str) -> String {
    let options = |label| Label::parse(label).map_or_else(Vec::new, |label| label.options);
    let base = options(base);
    let more = options(name).into_iter().filter(|one| !base.contains(one));
    let words: Vec<_> = more
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    words.join(",")
}

fn missed(row: &Comparison) -> u64 {
    row.loss.0.values().map(|loss| loss.missed).sum()
}

/// Takes from the row of the smaller buffer what a loss cell tells.
fn adopt(row: &mut Comparison, other: &Comparison) {
    row.repetitions += other.repetitions;
    row.loss = other.loss.clone();
    row.loss_tested = other.loss_tested;
    row.stationary = other.stationary.clone();
    row.fields = other.fields.clone();
    row.correct = other.correct.clone();
    row.reported_lost = other.reported_lost.clone();
    row.silent_lost = other.silent_lost;
    row.lineage = Lineage::together([row.lineage, other.lineage].iter().flatten());
    row.duplicates += other.duplicates;
    row.false_positives += other.false_positives;
    row.unrelated += other.unrelated;
    row.unverified += other.unverified;
    row.undrained += other.undrained;
    row.stolen += other.stolen;
    row.failed += other.failed;
    row.errors.extend(other.errors.iter().cloned());
    row.buffer = fuller(row.buffer.take(), other.buffer.as_ref());
}

/// The buffer that was asked for, as full as either was.
fn fuller(own: Option<BufferScore>, other: Option<&BufferScore>) -> Option<BufferScore> {
    let mut own = own?;
    let Some(other) = other.filter(|other| other.unit == own.unit) else {
        return Some(own);
    };
    own.peak = own.peak.max(other.peak);
    let both = own.capacity.zip(own.peak);
    let both = both.map(|(capacity, peak)| (capacity as f64, peak as f64));
    own.fill = both.filter(|one| one.0 > 0.0).map(|(all, peak)| peak / all);
    own.headroom = both.filter(|one| one.1 > 0.0).map(|(all, peak)| all / peak);
    Some(own)
}

/// The loss of a row that no loss cell tells of, from the cells it has.
fn own_loss(row: &mut Comparison, cells: &[Cell]) {
    let own = cells.iter().filter(|cell| {
        cell.workload == row.workload
            && cell.configuration == row.configuration
            && cell.status == Status::Ok
    });
    let own: Vec<&Cell> = own.collect();
    let kinds = Kind::ALL.into_iter().filter_map(|kind| {
        let scores = own.iter().filter_map(|cell| cell.kinds.get(kind));
        let offered = scores.filter(|score| score.offered);
        let counts: Vec<_> = offered.map(|score| (score.missed, score.truths)).collect();
        (!counts.is_empty()).then(|| (kind, Loss::of(&counts)))
    });
    row.loss = Keyed(kinds.collect());
    row.loss_tested = false;
    row.fields = FieldScore::each(|field| {
        FieldScore::together(own.iter().filter_map(|cell| cell.fields.get(field)))
    });
    row.missed_elsewhere = 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_size_of_the_buffer_is_the_same_configuration() {
        for (name, base, smaller) in [
            ("ebpf{ring=64k}", "ebpf", true),
            ("ebpf{rest=1ms,ring=64k}", "ebpf{rest=1ms}", true),
            ("audit{backlog=1k,rcvbuf=512k}", "audit", true),
            ("ebpf{rest=1ms}", "ebpf", false),
            ("ebpf", "ebpf", false),
            ("ebpf{ring=64k}", "ebpf{rest=1ms}", false),
            ("netlink{rcvbuf=1M}", "ebpf", false),
        ] {
            assert_eq!(is_smaller(name, base), smaller, "{name} and {base}");
        }
        assert_eq!(
            options("ebpf{rest=1ms,ring=64k}", "ebpf{rest=1ms}"),
            "ring=64k"
        );
    }
}
