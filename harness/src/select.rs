//! What `-m` and `-w` choose.

mod pattern;

use anyhow::Result;
use contract::{Label, Monitor, Options};
use workloads::Definition;

use crate::exit::misuse;
pub(crate) use pattern::closest;
use pattern::{Candidate, patterns};

/// The workloads of the default comparison: one of each family.
const FAMILIES: [&str; 3] = ["fork-bomb", "short-lived/fork", "static-binary"];

/// The option of monitors that tell the processes that run already.
pub(crate) const SNAPSHOT: &str = "snapshot";

/// Stands for all workloads of the comparison.
const ALL: &str = "all";

/// A monitor with its options.
#[derive(Clone)]
pub(crate) struct Configuration {
    /// The technique.
    pub monitor: &'static dyn Monitor,
    /// How it is run.
    pub options: Options,
}

impl Configuration {
    fn new(monitor: &'static dyn Monitor, given: &[(&str, &str)]) -> Result<Self> {
        let options = Options::new(monitor.name(), monitor.options(), given.iter().copied());
        let options = options.map_err(misuse)?;
        Ok(Self { monitor, options })
    }

    /// The same with one more option.
    pub(crate) fn with(&self, option: &str, value: &str) -> Result<Self> {
        let given: Vec<_> = self.options.given().chain([(option, value)]).collect();
        Self::new(self.monitor, &given)
    }

    /// Whether its monitor has this option.
    pub(crate) fn takes(&self, option: &str) -> bool {
        let mut all = self.monitor.options().iter();
        all.any(|one| one.name == option)
    }

    /// Name and given options: what records call it.
    pub(crate) fn label(&self) -> String {
        format!("{}{}", self.monitor.name(), self.options.label())
    }
}

/// The baseline.
pub(crate) fn null() -> Result<Configuration> {
    configuration("null")
}

/// The one monitor called `label`.
pub(crate) fn configuration(label: &str) -> Result<Configuration> {
    let Label { name, options } = parse(label)?;
    let monitor = monitors::find(name).ok_or_else(|| {
        let names = monitors::all().iter().map(|one| one.name());
        unknown("monitor", name, names)
    })?;
    Configuration::new(monitor, &options)
}

/// The monitors that `values` choose; without any, all that belong to the comparison.
pub(crate) fn monitors(values: &[String]) -> Result<Vec<Configuration>> {
    let offered: Vec<_> = offered().collect();
    let candidates: Vec<_> = offered.iter().map(|one| candidate(*one)).collect();
    if values.is_empty() {
        let usual = offered.iter().zip(&candidates);
        let usual = usual.filter(|(_, candidate)| candidate.by_default);
        return usual
            .map(|(monitor, _)| Configuration::new(*monitor, &[]))
            .collect();
    }
    let mut chosen: Vec<Configuration> = Vec::new();
    for pattern in patterns("-m", values)? {
        for at in pattern.chosen(&candidates)? {
            let one = Configuration::new(offered[at], &pattern.options)?;
            if one.label() == "null" {
                return Err(misuse(
                    "-m 'null': the baseline is always measured: give it an option to measure it once \
                     more, as in null{copy=1}",
                ));
            }
            if chosen.iter().all(|other| other.label() != one.label()) {
                chosen.push(one);
            }
        }
    }
    Ok(chosen)
}

fn offered() -> impl Iterator<Item = &'static dyn Monitor> {
    monitors::all().iter().copied()
}

fn candidate(monitor: &'static dyn Monitor) -> Candidate<'static> {
    let name = monitor.name();
    let folder = match monitor.definition() {
        None => None,
        Some(_) if name.starts_with("watch-") => Some("watch-"),
        Some(_) => Some("tools"),
    };
    Candidate {
        name,
        folder,
        by_default: monitor.usual() && !monitor.fault_injector(),
    }
}

/// The workloads that `values` choose; without any, one of each family.
pub(crate) fn workloads(values: &[String]) -> Result<Vec<Definition>> {
    let all = workloads::definitions().map_err(misuse)?;
    if values.is_empty() {
        return FAMILIES.iter().map(|name| workload(name)).collect();
    }
    let candidates: Vec<_> = all.iter().map(of_workload).collect();
    let mut chosen: Vec<Definition> = Vec::new();
    for pattern in patterns("-w", values)? {
        let places = match pattern.is(ALL) {
            true => (0..all.len()).filter(|&at| all[at].headline).collect(),
            false => pattern.chosen(&candidates)?,
        };
        for at in places {
            let one = all[at].with(&owned(&pattern.options)).map_err(misuse)?;
            if chosen.iter().all(|other| other.label != one.label) {
                chosen.push(one);
            }
        }
    }
    Ok(chosen)
}

/// Which of the labels in a record `values` choose, as for `harness run`, but a label with its options means
/// exactly that; without any, all.
pub(crate) fn recorded<'a>(
    flag: &'static str,
    values: &[String],
    labels: &[&'a str],
) -> Result<Vec<&'a str>> {
    if values.is_empty() {
        return Ok(labels.to_vec());
    }
    let candidate = |label: &&'a str| Candidate {
        name: label,
        folder: label.split_once('/').map(|(folder, _)| folder),
        by_default: true,
    };
    let candidates: Vec<_> = labels.iter().map(candidate).collect();
    let mut chosen: Vec<&str> = Vec::new();
    for pattern in patterns(flag, values)? {
        let found = match labels.iter().position(|label| pattern.is_label(label)) {
            Some(at) => vec![at],
            None if pattern.options.is_empty() => pattern.chosen(&candidates)?,
            None => return Err(pattern.none("the record has no such label")),
        };
        chosen.extend(found.into_iter().map(|at| labels[at]));
    }
    Ok(chosen)
}

fn of_workload(definition: &Definition) -> Candidate<'_> {
    Candidate {
        name: &definition.name,
        folder: definition.name.split_once('/').map(|(folder, _)| folder),
        by_default: definition.headline,
    }
}

/// What `word`, which is no option, may have been meant as: `-m WORD`, `-w WORD` or `-- WORD`.
pub(crate) fn meant(word: &str) -> Option<String> {
    let word = word.split('{').next().unwrap_or(word);
    let definitions = workloads::definitions().unwrap_or_default();
    let is = |one: Candidate<'_>| one.name == word || one.folder == Some(word);
    if word == ALL || definitions.iter().map(of_workload).any(is) {
        return Some(format!("-w {word}"));
    }
    if offered().map(candidate).any(is) {
        return Some(format!("-m {word}"));
    }
    // A command of the user's own.
    crate::foreign::asked::in_path(word.as_ref()).then(|| format!("-- {word}"))
}

/// The one workload called `label`.
pub(crate) fn workload(label: &str) -> Result<Definition> {
    let Label { name, options } = parse(label)?;
    let found = workloads::definitions()
        .map_err(misuse)?
        .into_iter()
        .find(|one| one.name == name);
    let found = found.ok_or_else(|| unknown("workload", name, std::iter::empty()))?;
    found.with(&owned(&options)).map_err(misuse)
}

/// Misuse of a name, with the nearest of `names`.
fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str>) -> anyhow::Error {
    let near =
        closest(name, names).map_or_else(String::new, |near| format!(", did you mean {near}?"));
    misuse(format!(
        "no {what} is called '{name}'{near}: see harness list"
    ))
}

fn parse(label: &str) -> Result<Label<'_>> {
    Label::parse(label)
        .ok_or_else(|| misuse(format!("'{label}': use NAME or NAME{{option=value}}")))
}

fn owned(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(values: &[&str]) -> Vec<&'static str> {
        let values: Vec<_> = values.iter().map(ToString::to_string).collect();
        let found = monitors(&values).unwrap();
        found.iter().map(|one| one.monitor.name()).collect()
    }

    #[test]
    fn the_fault_injector_is_chosen_by_name_only() {
        assert!(!chosen(&[]).contains(&"replay") && !chosen(&[".*"]).contains(&"replay"));
        assert_eq!(chosen(&["replay{drop=0.1}"]), ["replay"]);
    }

    #[test]
    fn tools_are_a_folder_and_watch_another() {
        assert!(chosen(&["tools"]).contains(&"bpftrace"));
        assert!(!chosen(&["tools"]).contains(&"watch-ebpf"));
        assert!(chosen(&["watch-.*"]).contains(&"watch-ebpf"));
    }

    #[test]
    fn all_is_the_eight_and_the_default_is_one_of_each_family() {
        let chosen = |values: &[&str]| -> Vec<String> {
            let values: Vec<_> = values.iter().map(ToString::to_string).collect();
            let found = workloads(&values).unwrap();
            found.into_iter().map(|one| one.name).collect()
        };
        assert_eq!(chosen(&[]), FAMILIES);
        assert_eq!(chosen(&["all"]).len(), 8);
        assert_eq!(chosen(&["paced$"]), ["paced"]);
        assert!(chosen(&["case"]).len() > 50);
        let real = |name: &String| name.starts_with("real/");
        assert!(chosen(&["real"]).len() >= 3 && chosen(&["real"]).iter().all(real));
        assert!(!chosen(&[".*"]).iter().any(real));
    }

    #[test]
    fn what_chooses_nothing_is_misuse() {
        for bad in ["nothing", "(", "null"] {
            let error = monitors(&[bad.into()]).err().unwrap();
            assert!(error.is::<crate::exit::Misuse>(), "{bad}: {error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }

    #[test]
    fn a_word_is_known_as_what_it_could_be() {
        assert_eq!(meant("fork-bomb").as_deref(), Some("-w fork-bomb"));
        assert_eq!(meant("short-lived").as_deref(), Some("-w short-lived"));
        assert_eq!(meant("ebpf{ring=1M}").as_deref(), Some("-m ebpf"));
        assert_eq!(meant("sh").as_deref(), Some("-- sh"));
        assert_eq!(meant("frobnicate"), None);
    }
}
