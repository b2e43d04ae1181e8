//! The workload that a trial runs.

use contract::{Claims, Counts, Kind, Label};
use scoring::sweep::{Load, SECONDS};
use workloads::Definition;

/// As many as no kind of event has of which only a few are needed to start the workload.
pub(super) const MANY: u32 = 1000;

/// The workload that offers `load`: `base` with another rate and count.
pub(super) fn definition(load: Load, base: &Definition) -> contract::Result<Definition> {
    let (rate, count) = match load {
        Load::Rate(rate) => (rate, rate.saturating_mul(SECONDS).max(2)),
        Load::Burst(count) => (0, count),
    };
    let given = Label::parse(&base.label).map_or(Vec::new(), |label| label.options);
    let mut all: Vec<_> = given
        .into_iter()
        .filter(|(name, _)| !["rate", "count"].contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    all.extend([("rate", rate), ("count", count)].map(|(name, n)| (name.into(), n.to_string())));
    base.with(&all)
}

/// Whether a kind that is offered becomes more as the workload is turned up to [`MANY`]: without one
/// nothing could be missed, and that would look like a monitor that never loses.
pub(super) fn can_lose(claims: Claims, expected: Counts) -> bool {
    let turned_up = |kind: Kind| expected.of(kind) >= u64::from(MANY);
    Kind::ALL
        .into_iter()
        .any(|kind| claims.offers[kind as usize].kind && turned_up(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Clock;

    #[test]
    fn a_load_keeps_the_options_it_does_not_turn_up() {
        let all = workloads::definitions().unwrap();
        let paced = all.iter().find(|one| one.name == "paced").unwrap();
        let given = [("width", "4"), ("rate", "7")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let base = paced.with(&given).unwrap();
        let label = definition(Load::Rate(300), &base).unwrap().label;
        assert_eq!(label, "paced{count=300,rate=300,width=4}");
    }

    #[test]
    fn a_monitor_is_swept_where_it_can_lose() {
        let execs = Claims::none(Clock::None).with(Kind::Exec, &[]);
        let forks = Claims::none(Clock::None).with(Kind::Fork, &[]);
        let (plain, with_exec) = (Counts([1065, 1, 1065]), Counts([1065, 1001, 1065]));
        assert!(can_lose(forks, plain) && !can_lose(execs, plain));
        assert!(can_lose(forks, with_exec) && can_lose(execs, with_exec));
        assert!(!can_lose(Claims::none(Clock::Exact), with_exec));
    }
}
