//! Turning a workload up: which buffers are compared, and the workload that a trial runs. What came
//! of the trials is `scoring::sweep`.

pub(crate) mod buffer_sizes;

use contract::Label;
use scoring::sweep::{Load, SECONDS};
use workloads::Definition;

/// The workload that offers `load`: `base` with another rate and count.
pub(crate) fn definition(load: Load, base: &Definition) -> contract::Result<Definition> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_keeps_the_options_it_does_not_turn_up() {
        let all = workloads::definitions().unwrap();
        let paced = all.iter().find(|one| one.name == "paced").unwrap();
        let given = [("width", "4"), ("rate", "7")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let base = paced.with(&given).unwrap();
        let label = definition(Load::Rate(300), &base).unwrap().label;
        assert_eq!(label, "paced{count=300,rate=300,width=4}");
    }
}
