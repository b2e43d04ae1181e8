//! `--rate`: what the machine to be watched does.

use std::path::PathBuf;

use report::cost;
use scoring::Summary;
use scoring::cost_model::cost_model;

/// Events a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rate {
    /// All kinds together.
    Events(f64),
    /// Forks, each with an exit, and execs.
    Kinds { forks: f64, execs: f64 },
}

impl Rate {
    /// A number, or `exec=40,fork=60`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.contains('=') {
            return match text.parse::<f64>() {
                Ok(value) if value.is_finite() && value > 0.0 => Ok(Self::Events(value)),
                _ => Err("use a number above 0, or exec=40,fork=60".into()),
            };
        }
        let (mut forks, mut execs) = (None, None);
        for part in text.split(',') {
            let (kind, number) = part.split_once('=').unwrap_or((part, ""));
            let value = number.parse::<f64>().ok();
            let value = value.filter(|value| value.is_finite() && *value >= 0.0);
            let place = match kind.trim() {
                "fork" => &mut forks,
                "exec" => &mut execs,
                "exit" => return Err("an exit comes with each fork: leave exit out".into()),
                _ => return Err(format!("'{part}': use exec=40,fork=60")),
            };
            let value = value
                .ok_or_else(|| format!("'{part}': use a number from 0, as in exec=40,fork=60"))?;
            if place.replace(value).is_some() {
                return Err(format!("{kind}: is given twice"));
            }
        }
        Ok(Self::Kinds {
            forks: forks.unwrap_or_default(),
            execs: execs.unwrap_or_default(),
        })
    }

    /// All kinds together.
    pub(super) fn events(self) -> f64 {
        match self {
            Self::Events(all) => all,
            Self::Kinds { forks, execs } => 2.0 * forks + execs,
        }
    }

    /// What each configuration costs at it, by the cells of all records of the machine of the one in `place`.
    /// Nothing where the kinds are not known.
    pub(super) fn costs(self, all: &[(PathBuf, Summary)], place: usize) -> String {
        let Self::Kinds { forks, execs } = self else {
            return String::new();
        };
        let machine = all[place].1.record.machine.identity();
        let same = all
            .iter()
            .filter(|(_, one)| one.record.machine.identity() == machine);
        let cells: Vec<_> = same.map(|(_, one)| one.cells.as_slice()).collect();
        let models = cost_model(&cells);
        let rate = format!("at {forks} forks (and exits) and {execs} execs a second");
        if models.is_empty() {
            return format!("\nWhat it costs {rate}: not known, measure it with harness run\n");
        }
        let measured = cost::measured_rates(&models);
        let outside = match cost::is_outside(&models, forks, execs) {
            true => {
                "  outside of what was measured: more than an interval can say; harness run -w idle measures a lower end\n"
            }
            false => "",
        };
        format!(
            "\nWhat it costs {rate}, by a model of what was measured at {measured}\n{outside}{}\n",
            cost::at_rate(&models, forks, execs)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_or_kinds() {
        assert_eq!(Rate::parse("2000"), Ok(Rate::Events(2000.0)));
        let kinds = Rate::parse("exec=40,fork=60").unwrap();
        assert_eq!(
            kinds,
            Rate::Kinds {
                forks: 60.0,
                execs: 40.0
            }
        );
        assert!((kinds.events() - 160.0).abs() < 1e-9);
        for bad in [
            "",
            "0",
            "-3",
            "x",
            "exec=",
            "exec=-1",
            "fork=1,fork=2",
            "exit=3",
            "exec=1;fork=2",
            "nan",
        ] {
            let why = Rate::parse(bad).unwrap_err();
            assert_eq!(why.lines().count(), 1, "{bad}: {why}");
        }
    }
}
