//! What must be so for a verdict to be right: `netlink.low > ebpf.high`, `seen < 88`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};
use serde::Deserialize;

use super::figure::Figure;

/// Two sides and what is asked of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Condition {
    left: Side,
    operator: Operator,
    right: Side,
}

#[derive(Clone, Debug)]
enum Side {
    Number(f64),
    /// A figure, and which part of it.
    Figure(String, String),
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl Condition {
    /// Whether it is so.
    pub(super) fn holds(&self, figures: &BTreeMap<&str, Figure>) -> Result<bool> {
        let (left, right) = (self.left.value(figures)?, self.right.value(figures)?);
        Ok(match self.operator {
            Operator::Less => left < right,
            Operator::AtMost => left <= right,
            Operator::Equal => (left - right).abs() < f64::EPSILON,
            Operator::AtLeast => left >= right,
            Operator::More => left > right,
        })
    }
}

impl Side {
    fn value(&self, figures: &BTreeMap<&str, Figure>) -> Result<f64> {
        match self {
            Self::Number(value) => Ok(*value),
            Self::Figure(name, part) => {
                let figure = figures.get(name.as_str());
                let value = figure.and_then(|figure| figure.part(part));
                value.with_context(|| format!("no figure {name}.{part}"))
            }
        }
    }
}

impl TryFrom<String> for Condition {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let words: Vec<_> = text.split_whitespace().collect();
        let [left, operator, right] = words[..] else {
            bail!("{text:?}: write LEFT OPERATOR RIGHT");
        };
        Ok(Self {
            left: left.parse()?,
            operator: operator.parse()?,
            right: right.parse()?,
        })
    }
}

impl FromStr for Side {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let (name, part) = text.split_once('.').unwrap_or((text, "value"));
        Ok(Self::Figure(name.to_owned(), part.to_owned()))
    }
}

impl FromStr for Operator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "<" => Self::Less,
            "<=" => Self::AtMost,
            "=" => Self::Equal,
            ">=" => Self::AtLeast,
            ">" => Self::More,
            _ => bail!("{text:?}: write <, <=, =, >= or >"),
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Equal => "=",
            Operator::AtLeast => ">=",
            Operator::More => ">",
        };
        write!(f, "{} {operator} {}", self.left, self.right)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Figure(name, part) if part == "value" => write!(f, "{name}"),
            Self::Figure(name, part) => write!(f, "{name}.{part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_so(text: &str) -> Result<bool> {
        let one = Figure::number(2.0, Some((1.0, 3.0)), String::new());
        let other = Figure::number(5.0, Some((4.0, 6.0)), String::new());
        let figures = BTreeMap::from([("one", one), ("other", other)]);
        Condition::try_from(text.to_owned())?.holds(&figures)
    }

    #[test]
    fn sides_are_figures_their_ends_and_numbers() {
        for text in [
            "one.high < other.low",
            "one = 2",
            "one >= 2",
            "one.low <= 1",
            "7 > other.high",
        ] {
            assert!(is_so(text).unwrap(), "{text}");
            assert_eq!(
                Condition::try_from(text.to_owned()).unwrap().to_string(),
                text
            );
        }
        assert!(!is_so("one > other").unwrap());
    }

    #[test]
    fn what_cannot_be_asked_is_an_error() {
        for text in ["one", "one ~ 2", "three > 2", "one.middle > 2"] {
            assert!(is_so(text).is_err(), "{text}");
        }
    }
}
