//! The folklore, claim by claim (`claims.toml`), held against the committed records. The words and the verdict of a
//! claim are written by hand; every figure is read from a record, and each verdict names the conditions under which it
//! is right. Where a new record breaks one, the page says so in place of the verdict.

mod condition;
mod figure;
mod results;
mod source;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use self::condition::Condition;
use self::figure::Figure;
use self::results::Results;
use self::source::Source;
use crate::each_once::each_once;
use crate::page;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    claim: Vec<Claim>,
}

/// A claim as it is written down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    number: u32,
    words: String,
    verdict: Verdict,
    /// The reason, with the names of figures in braces.
    answer: String,
    /// What must be so for the verdict to be right.
    so: Vec<Condition>,
    figures: BTreeMap<String, Source>,
    /// Links to what else shows it, relative to the page.
    #[serde(default)]
    see: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Verdict {
    #[serde(rename = "holds")]
    Holds,
    #[serde(rename = "holds in part")]
    InPart,
    #[serde(rename = "does not hold")]
    DoesNotHold,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::InPart => "holds in part",
            Self::DoesNotHold => "does not hold",
        }
    }
}

/// A claim, judged.
#[derive(Debug, Serialize)]
struct Judged {
    number: u32,
    words: String,
    verdict: String,
    answer: String,
    shown_by: Vec<String>,
}

#[derive(Debug, Serialize)]
struct View {
    claims: Vec<Judged>,
    totals: Vec<(String, usize)>,
}

/// The claims as Markdown, with figures from the records in the folder `results`; in `brief`, with the verdicts
/// alone. The page stands in a folder beside that one (`docs`), so its links begin with `../results`.
pub fn claims(results: &Path, brief: bool) -> Result<String> {
    let written: Written = toml::from_str(include_str!("claims.toml")).context("claims.toml")?;
    let mut results = Results::new(results);
    let claims = written.claim.into_iter();
    let claims = claims.map(|claim| {
        let number = claim.number;
        judged(&claim, &mut results).with_context(|| format!("claim {number}"))
    });
    let claims = claims.collect::<Result<Vec<_>>>()?;
    let view = View {
        totals: totals(&claims),
        claims,
    };
    page::claims(&view, brief)
}

fn judged(claim: &Claim, results: &mut Results) -> Result<Judged> {
    ensure!(
        !claim.so.is_empty(),
        "a verdict without a condition cannot be wrong"
    );
    let records = claim.figures.values().map(Source::link);
    let mut shown_by = each_once(records.chain(claim.see.iter().cloned()));
    let (verdict, answer) = match figures(claim, results) {
        Ok(figures) => (verdict(claim, &figures)?, filled(&claim.answer, &figures)?),
        Err(error) => {
            shown_by.clear();
            ("not measured".into(), format!("{error:#}"))
        }
    };
    Ok(Judged {
        number: claim.number,
        words: claim.words.clone(),
        verdict,
        answer,
        shown_by,
    })
}

type Figures<'a> = BTreeMap<&'a str, Figure>;

/// An error when a record or a row of it is not there.
fn figures<'a>(claim: &'a Claim, results: &mut Results) -> Result<Figures<'a>> {
    let mut figures = BTreeMap::new();
    for (name, source) in &claim.figures {
        let figure = source.read(results);
        let figure = figure.with_context(|| format!("figure {name}"))?;
        figures.insert(name.as_str(), figure);
    }
    Ok(figures)
}

fn verdict(claim: &Claim, figures: &Figures<'_>) -> Result<String> {
    let mut broken = Vec::new();
    for condition in &claim.so {
        if !condition.holds(figures)? {
            broken.push(condition.to_string());
        }
    }
    Ok(match broken.is_empty() {
        true => claim.verdict.as_str().to_owned(),
        false => format!("to be judged again: not so: {}", broken.join(", ")),
    })
}

/// The text with each name in braces replaced by its figure. Every figure must be said.
fn filled(text: &str, figures: &BTreeMap<&str, Figure>) -> Result<String> {
    let mut out = text.to_owned();
    for (name, figure) in figures {
        let hole = format!("{{{name}}}");
        out = out.replace(&hole, &figure.text);
    }
    let left = out.find('{').map(|at| &out[at..]);
    ensure!(
        left.is_none(),
        "no such figure: {}",
        left.unwrap_or_default()
    );
    Ok(out)
}

/// How often each verdict, in the order of their first claim.
fn totals(claims: &[Judged]) -> Vec<(String, usize)> {
    let mut totals: Vec<(String, usize)> = Vec::new();
    for claim in claims {
        let word = claim.verdict.split(':').next().unwrap_or_default();
        match totals.iter_mut().find(|(known, _)| known == word) {
            Some((_, count)) => *count += 1,
            None => totals.push((word.to_owned(), 1)),
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_is_there_once_and_in_order() {
        let written: Written = toml::from_str(include_str!("claims.toml")).unwrap();
        let numbers: Vec<_> = written.claim.iter().map(|claim| claim.number).collect();
        assert_eq!(numbers, (1..=25).collect::<Vec<_>>());
    }

    #[test]
    fn a_name_without_a_figure_is_an_error() {
        let mut figures = BTreeMap::new();
        figures.insert("lost", Figure::number(0.5, None, "50 %".into()));
        assert_eq!(filled("{lost} lost", &figures).unwrap(), "50 % lost");
        assert!(filled("{kept} kept", &figures).is_err());
    }
}
