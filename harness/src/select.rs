//! What `-m` and `-w` choose: a regular expression for whole names, options in braces after it.

use anyhow::Result;
use contract::{Monitor, Options, bare_name};
use regex::Regex;
use workloads::Definition;

use crate::exit::misuse;

/// A monitor with its options.
#[derive(Clone)]
pub(crate) struct Configuration {
    /// The technique.
    pub monitor: &'static dyn Monitor,
    /// How it is run.
    pub options: Options,
}

impl Configuration {
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
    let (name, given) = split(label);
    let monitor = monitors::find(name)
        .ok_or_else(|| misuse(format!("no monitor is called '{name}': see harness list")))?;
    let options = options(monitor, &given)?;
    Ok(Configuration { monitor, options })
}

/// The monitors that `patterns` choose; without any, all that belong to the comparison.
pub(crate) fn monitors(patterns: &[String]) -> Result<Vec<Configuration>> {
    let offered = || {
        monitors::all()
            .iter()
            .copied()
            .filter(|monitor| monitor.name() != "null")
    };
    if patterns.is_empty() {
        let usual = offered().filter(|monitor| monitor.usual() && !monitor.fault_injector());
        return usual
            .map(|monitor| {
                Ok(Configuration {
                    monitor,
                    options: options(monitor, &[])?,
                })
            })
            .collect();
    }
    let mut chosen: Vec<Configuration> = Vec::new();
    for pattern in patterns {
        let (expression, given) = split(pattern);
        let expression = whole(expression, "-m")?;
        // An fault injector is nothing that a pattern would mean: it is named, or it is not there.
        let named = bare_name(pattern);
        let found: Vec<_> = offered()
            .filter(|m| expression.is_match(m.name()) && (!m.fault_injector() || m.name() == named))
            .collect();
        if found.is_empty() {
            let names: Vec<_> = offered().map(contract::Monitor::name).collect();
            return Err(misuse(format!(
                "-m '{pattern}' chooses none of {}",
                names.join(", ")
            )));
        }
        for monitor in found {
            let one = Configuration {
                monitor,
                options: options(monitor, &given)?,
            };
            if chosen.iter().all(|other| other.label() != one.label()) {
                chosen.push(one);
            }
        }
    }
    Ok(chosen)
}

/// The workloads that `patterns` choose; without any, the headline ones.
pub(crate) fn workloads(patterns: &[String]) -> Result<Vec<Definition>> {
    let all = workloads::definitions().map_err(misuse)?;
    if patterns.is_empty() {
        return Ok(all
            .into_iter()
            .filter(|definition| definition.headline)
            .collect());
    }
    let mut chosen: Vec<Definition> = Vec::new();
    for pattern in patterns {
        let (expression, given) = split(pattern);
        let expression = whole(expression, "-w")?;
        let found: Vec<_> = all
            .iter()
            .filter(|one| expression.is_match(&one.name))
            .collect();
        if found.is_empty() {
            return Err(misuse(format!(
                "-w '{pattern}' chooses none: see harness list"
            )));
        }
        for definition in found {
            let one = definition.with(&owned(&given)).map_err(misuse)?;
            if chosen.iter().all(|other| other.label != one.label) {
                chosen.push(one);
            }
        }
    }
    Ok(chosen)
}

/// The one workload called `label`.
pub(crate) fn workload(label: &str) -> Result<Definition> {
    let (name, given) = split(label);
    let found = workloads::definitions()
        .map_err(misuse)?
        .into_iter()
        .find(|one| one.name == name);
    let found =
        found.ok_or_else(|| misuse(format!("no workload is called '{name}': see harness list")))?;
    found.with(&owned(&given)).map_err(misuse)
}

fn options(monitor: &'static dyn Monitor, given: &[(&str, &str)]) -> Result<Options> {
    Options::new(monitor.name(), monitor.options(), given.iter().copied()).map_err(misuse)
}

fn owned(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// `NAME{a=1,b=2}` in its parts. Braces without `=` are the regular expression's own.
fn split(pattern: &str) -> (&str, Vec<(&str, &str)>) {
    let whole = (pattern, Vec::new());
    let Some((name, inner)) = pattern.strip_suffix('}').and_then(|p| p.split_once('{')) else {
        return whole;
    };
    let pairs: Option<Vec<_>> = inner
        .split(',')
        .map(|pair| pair.trim().split_once('='))
        .collect();
    pairs.map_or(whole, |pairs| (name, pairs))
}

fn whole(expression: &str, flag: &str) -> Result<Regex> {
    Regex::new(&format!("^(?:{expression})$")).map_err(|error| {
        let text = error.to_string();
        let why = text.lines().last().unwrap_or("not a regular expression");
        misuse(format!(
            "{flag} '{expression}': {why}: write it as the regex crate does"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_from_repetition_braces() {
        assert_eq!(
            split("netlink{rcvbuf=1M}"),
            ("netlink", vec![("rcvbuf", "1M")])
        );
        assert_eq!(split("x{a=1, b=2}"), ("x", vec![("a", "1"), ("b", "2")]));
        assert_eq!(split("a{2}"), ("a{2}", vec![]));
        assert_eq!(split("null"), ("null", vec![]));
    }

    #[test]
    fn the_fault_injector_is_chosen_by_name_only() {
        let chosen = |patterns: &[&str]| -> Vec<&str> {
            let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
            let found = monitors(&patterns).unwrap();
            found.iter().map(|one| one.monitor.name()).collect()
        };
        assert!(!chosen(&[]).contains(&"replay") && !chosen(&[".*"]).contains(&"replay"));
        assert_eq!(chosen(&["replay{drop=0.1}"]), ["replay"]);
    }

    #[test]
    fn what_chooses_nothing_is_misuse() {
        for bad in ["nothing", "(", "null"] {
            let error = monitors(&[bad.into()]).err().unwrap();
            assert!(error.is::<crate::exit::Misuse>(), "{bad}: {error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }
}
