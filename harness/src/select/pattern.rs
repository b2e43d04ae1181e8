//! One pattern of `-m` or `-w`: a name, a folder of names or a regular expression, with options in
//! braces after it.

use anyhow::Result;
use regex::Regex;

use crate::exit::misuse;

/// A pattern taken apart.
#[derive(Debug)]
pub(super) struct Pattern<'a> {
    flag: &'static str,
    text: &'a str,
    expression: &'a str,
    /// What stands in the braces.
    pub(super) options: Vec<(&'a str, &'a str)>,
}

/// Something that a pattern may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// The folder of names that it is in.
    pub(super) folder: Option<&'a str>,
    /// Whether a regular expression finds it anywhere; the others are found only by one that begins
    /// with their name or folder.
    pub(super) by_default: bool,
}

/// The patterns in the values of `flag`: commas separate them, but not inside braces.
pub(super) fn patterns<'a>(flag: &'static str, values: &'a [String]) -> Result<Vec<Pattern<'a>>> {
    let texts = values
        .iter()
        .flat_map(|value| split(value, ',', &[('{', '}')]));
    texts.map(|text| Pattern::parse(flag, text)).collect()
}

impl<'a> Pattern<'a> {
    fn parse(flag: &'static str, text: &'a str) -> Result<Self> {
        let text = text.trim();
        let bad = |why: &str| misuse(format!("{flag} '{text}': {why}"));
        let (expression, options) = match text.split_once('{') {
            None => (text, Vec::new()),
            Some((name, rest)) => {
                let inside = rest.strip_suffix('}');
                let inside = inside.ok_or_else(|| bad("close the braces of its options"))?;
                let pairs = inside.split(',').map(|pair| pair.trim().split_once('='));
                let pairs: Option<Vec<_>> = pairs.collect();
                let why = "braces hold options, as in NAME{option=value}";
                (name, pairs.ok_or_else(|| bad(why))?)
            }
        };
        if expression.is_empty() {
            return Err(bad("names nothing: see harness list"));
        }
        Ok(Self {
            flag,
            text,
            expression,
            options,
        })
    }

    /// Whether it is exactly that word.
    pub(super) fn is(&self, word: &str) -> bool {
        self.expression == word
    }

    /// Whether it is exactly that label, options included.
    pub(super) fn is_label(&self, label: &str) -> bool {
        self.text == label
    }

    /// That it chooses nothing, and why.
    pub(super) fn none(&self, why: &str) -> anyhow::Error {
        let (flag, text) = (self.flag, self.text);
        misuse(format!("{flag} '{text}': {why}: see harness report"))
    }

    /// The places of the candidates that it chooses. An error says what would have been near.
    pub(super) fn chosen(&self, all: &[Candidate<'_>]) -> Result<Vec<usize>> {
        let of = |wanted: &dyn Fn(&Candidate<'_>) -> bool| -> Vec<usize> {
            (0..all.len()).filter(|&at| wanted(&all[at])).collect()
        };
        let in_folder = of(&|one| one.folder == Some(self.expression));
        if !in_folder.is_empty() {
            return Ok(of(&|one| {
                one.folder == Some(self.expression) || one.name == self.expression
            }));
        }
        let named = of(&|one| one.name == self.expression);
        if !named.is_empty() {
            return Ok(named);
        }
        let alternatives = self.alternatives()?;
        let found = of(&|one| {
            alternatives
                .iter()
                .any(|alternative| alternative.finds(one))
        });
        if found.is_empty() {
            return Err(misuse(format!(
                "{} '{}' chooses none{}: see harness list",
                self.flag,
                self.text,
                near(self.expression, all)
            )));
        }
        Ok(found)
    }

    /// Its top-level alternatives, each a regular expression.
    fn alternatives(&self) -> Result<Vec<Alternative<'a>>> {
        self.compile(self.expression)?;
        let texts = split(self.expression, '|', &[('(', ')'), ('[', ']')]);
        texts
            .map(|text| {
                Ok(Alternative {
                    text,
                    expression: self.compile(text)?,
                })
            })
            .collect()
    }

    fn compile(&self, expression: &str) -> Result<Regex> {
        Regex::new(expression).map_err(|error| {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or("not a regular expression");
            misuse(format!(
                "{} '{}': {why}: write it as the regex crate does",
                self.flag, self.text
            ))
        })
    }
}

/// One alternative of a regular expression.
struct Alternative<'a> {
    text: &'a str,
    expression: Regex,
}

impl Alternative<'_> {
    fn finds(&self, one: &Candidate<'_>) -> bool {
        let Some(found) = self.expression.find(one.name) else {
            return false;
        };
        let begins = |with: &str| self.text.starts_with(with);
        one.by_default || found.start() == 0 && (begins(one.name) || one.folder.is_some_and(begins))
    }
}

/// The parts of `text` between separators that are in no pair of brackets.
fn split<'a>(
    text: &'a str,
    separator: char,
    brackets: &'static [(char, char)],
) -> impl Iterator<Item = &'a str> {
    let (mut depth, mut escaped) = (0_usize, false);
    text.split(move |c: char| {
        let plain = !escaped;
        escaped = plain && c == '\\';
        if plain && brackets.iter().any(|(open, _)| c == *open) {
            depth += 1;
        } else if plain && brackets.iter().any(|(_, close)| c == *close) {
            depth = depth.saturating_sub(1);
        }
        plain && c == separator && depth == 0
    })
}

/// What was perhaps meant.
fn near(text: &str, all: &[Candidate<'_>]) -> String {
    let folders = all.iter().filter_map(|one| one.folder);
    let names = all.iter().map(|one| one.name).chain(folders);
    closest(text, names).map_or_else(String::new, |name| format!(", did you mean {name}?"))
}

/// The name that is nearest to `text`, if one is near.
pub(crate) fn closest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let far = |name: &str| strsim::damerau_levenshtein(text, name);
    let nearest = names.min_by_key(|name| far(name))?;
    (far(nearest) <= 2.max(text.len() / 4)).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[Candidate<'static>] = &[
        named("netlink", None, true),
        named("ebpf", None, true),
        named("perf", None, false),
        named("bpftrace", Some("tools"), false),
        named("forkstat", Some("tools"), false),
        named("watch-ebpf", Some("watch-"), false),
        named("fork-bomb", None, true),
        named("short-lived/fork", Some("short-lived"), true),
        named("static-binary", None, true),
        named("static-binary/glibc", Some("static-binary"), true),
        named("case/end-exit", Some("case"), false),
    ];

    const fn named(
        name: &'static str,
        folder: Option<&'static str>,
        by_default: bool,
    ) -> Candidate<'static> {
        Candidate {
            name,
            folder,
            by_default,
        }
    }

    fn chosen(value: &str) -> Vec<&'static str> {
        let values = [value.to_owned()];
        let patterns = patterns("-m", &values).unwrap();
        let found = patterns.iter().flat_map(|one| one.chosen(ALL).unwrap());
        found.map(|at| ALL[at].name).collect()
    }

    fn refused(value: &str) -> String {
        let values = [value.to_owned()];
        let patterns = patterns("-m", &values);
        let error = patterns.and_then(|all| all[0].chosen(ALL)).unwrap_err();
        error.to_string()
    }

    #[test]
    fn a_name_and_a_folder_mean_exactly_that() {
        assert_eq!(chosen("perf"), ["perf"]);
        assert_eq!(chosen("tools"), ["bpftrace", "forkstat"]);
        assert_eq!(
            chosen("static-binary"),
            ["static-binary", "static-binary/glibc"]
        );
        assert_eq!(chosen("static-binary$"), ["static-binary"]);
    }

    #[test]
    fn an_expression_is_found_anywhere_but_in_what_must_be_named() {
        assert_eq!(chosen("fork"), ["fork-bomb", "short-lived/fork"]);
        assert!(refused("exit").contains("chooses none"));
    }

    #[test]
    fn what_must_be_named_is_found_by_how_the_expression_begins() {
        assert_eq!(chosen("case/.*"), ["case/end-exit"]);
        assert_eq!(
            chosen("ebpf|bpftrace|forkstat"),
            ["ebpf", "bpftrace", "forkstat"]
        );
        assert_eq!(chosen("watch-.*"), ["watch-ebpf"]);
        let all = chosen(".*");
        assert!(!all.contains(&"perf") && !all.contains(&"case/end-exit"));
    }

    #[test]
    fn commas_separate_and_braces_hold_options() {
        assert_eq!(chosen("netlink,ebpf"), ["netlink", "ebpf"]);
        let values = ["x{a=1, b=2},y".to_owned()];
        let found = patterns("-m", &values).unwrap();
        assert_eq!(found[0].options, [("a", "1"), ("b", "2")]);
        assert_eq!((found.len(), found[1].expression), (2, "y"));
        assert!(refused("ebpf{2}").contains("braces hold options"));
        assert!(refused("ebpf{ring=1M").contains("close the braces"));
    }

    #[test]
    fn what_chooses_nothing_says_what_was_near() {
        assert!(refused("netlnk").contains("did you mean netlink?"));
        assert!(refused("shortlived").contains("did you mean short-lived?"));
        assert!(!refused("something-else").contains("did you mean"));
        assert!(refused("net(").contains("write it as the regex crate does"));
    }
}
