use scoring::Summary;

/// The configurations with measured cells, in the order of the record; without `null`.
pub(super) fn measured(summary: &Summary) -> Vec<&str> {
    let any = |name: &str| {
        let mut of = summary
            .comparison
            .iter()
            .filter(|one| one.configuration == name);
        of.any(|one| one.repetitions > 0)
    };
    let names = summary.record.monitors.iter().map(|one| one.name.as_str());
    names.filter(|name| *name != "null" && any(name)).collect()
}
