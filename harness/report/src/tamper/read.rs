//! `tamper.json`, as docs/FORMAT.md has it, and what is refused of it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use scoring::record::FORMAT;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Tamper {
    pub(super) record: About,
    #[serde(default)]
    pub(super) adversaries: Vec<Adversary>,
    #[serde(default)]
    pub(super) acts: Vec<Act>,
    pub(super) cells: Vec<serde::de::IgnoredAny>,
    pub(super) tamper: Vec<Row>,
}

#[derive(Debug, Deserialize)]
pub(super) struct About {
    pub(super) command: String,
    pub(super) commit: String,
    pub(super) kernel: String,
    #[serde(default)]
    pub(super) probes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Adversary {
    pub(super) name: String,
    pub(super) what: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Act {
    pub(super) name: String,
    pub(super) analysis: String,
}

/// One act, technique and adversary: all repetitions together.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) workload: String,
    /// Where the configuration has options of the act, without them.
    technique: Option<String>,
    pub(super) configuration: String,
    pub(super) adversary: String,
    pub(super) repetitions: usize,
    pub(super) status: State,
    pub(super) error: Option<String>,
    /// The guest of scripts/vm; `None` for the machine itself.
    pub(super) guest: Option<String>,
    #[serde(default)]
    pub(super) kernels: Vec<String>,
    #[serde(default)]
    pub(super) commits: Vec<String>,
    /// Where some were measured; read from the same keys.
    #[serde(skip)]
    pub(super) measured: Option<Measured>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    Failed,
    Unavailable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Refused,
    #[serde(rename = "without effect")]
    WithoutEffect,
    Told,
    #[serde(rename = "told late")]
    ToldLate,
    Silent,
}

/// A mean and the ends of its 95 % interval; without these, of one repetition.
pub(super) type Interval = (f64, Option<f64>, Option<f64>);

#[derive(Debug, Deserialize)]
pub(super) struct Measured {
    pub(super) result: Outcome,
    pub(super) same: bool,
    pub(super) lost_share: Option<Interval>,
    pub(super) unseen_share: Option<Interval>,
    pub(super) lost: Vec<u64>,
    pub(super) due: Vec<u64>,
    pub(super) forged: Vec<u64>,
    pub(super) told_s: Option<Interval>,
    pub(super) told_by: Vec<String>,
    pub(super) answer: String,
    pub(super) said: String,
}

impl Tamper {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        Self::parse(&text).with_context(|| {
            format!(
                "{}: no tamper matrix: make it again with scripts/tamper",
                path.display()
            )
        })
    }

    fn parse(text: &str) -> Result<Self> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        let format = &value["format"];
        ensure!(
            format.as_u64() == Some(FORMAT.into()),
            "format is {format}, and {FORMAT} is read here"
        );
        let rows = value["tamper"].clone();
        let mut found: Self = serde_json::from_value(value)?;
        for (place, row) in found.tamper.iter_mut().enumerate() {
            row.measure(&rows[place])
                .and_then(|()| row.check())
                .with_context(|| format!("tamper[{place}]"))?;
        }
        Ok(found)
    }
}

impl Row {
    pub(super) fn act(&self) -> &str {
        self.workload.trim_start_matches("tamper/")
    }

    /// What it stands under.
    pub(super) fn technique(&self) -> &str {
        match &self.technique {
            Some(technique) => technique,
            None => self.configuration.split('{').next().unwrap_or_default(),
        }
    }

    /// Reads what was measured; all of it is there, or nothing.
    fn measure(&mut self, row: &serde_json::Value) -> Result<()> {
        if self.status == State::Ok || row.get("result").is_some() {
            self.measured = Some(Measured::deserialize(row)?);
        }
        Ok(())
    }

    /// What no run can have found.
    fn check(&self) -> Result<()> {
        ensure!(
            self.workload.starts_with("tamper/"),
            "workload is {:?}, and begins with tamper/",
            self.workload
        );
        let Some(one) = &self.measured else {
            return Ok(());
        };
        for (key, values) in [
            ("lost", &one.lost),
            ("due", &one.due),
            ("forged", &one.forged),
        ] {
            ensure!(
                values.len() == self.repetitions,
                "{key} has {} values, repetitions is {}",
                values.len(),
                self.repetitions
            );
        }
        let more = one.lost.iter().zip(&one.due).find(|(lost, due)| lost > due);
        if let Some((lost, due)) = more {
            anyhow::bail!("lost is {lost} of {due} due");
        }
        for (key, share) in [
            ("lost_share", one.lost_share),
            ("unseen_share", one.unseen_share),
        ] {
            let good = share.is_none_or(|(mean, ..)| (0.0..=1.0).contains(&mean));
            ensure!(good, "{key} is no share between 0 and 1");
        }
        let told = matches!(one.result, Outcome::Told | Outcome::ToldLate);
        ensure!(
            !told || one.told_s.is_some_and(|(mean, ..)| mean >= 0.0),
            "result is told, and told_s is no time"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"format":2,"record":{"command":"c","commit":"a","kernel":"6"},"cells":[{}],"tamper":[
        {"workload":"tamper/reader-stop","configuration":"ebpf","adversary":"root","repetitions":1,"status":"ok","error":null,
        "result":"told","same":true,"lost_share":[0.5,null,null],"unseen_share":[0.5,null,null],"lost":[1],"due":[2],
        "forged":[0],"told_s":[0.1,null,null],"told_by":["the monitor"],"answer":"","said":"x"}]}"#;

    fn refused(change: (&str, &str)) -> String {
        assert!(GOOD.contains(change.0), "{}", change.0);
        let error = Tamper::parse(&GOOD.replace(change.0, change.1)).unwrap_err();
        format!("{error:#}")
    }

    #[test]
    fn what_no_run_can_have_found_is_refused_by_its_field() {
        Tamper::parse(GOOD).unwrap();
        for (change, due) in [
            (("\"format\":2", "\"format\":7"), "format is 7"),
            (("tamper/reader-stop", "reader-stop"), "workload is"),
            (
                ("\"result\":\"told\"", "\"result\":\"fine\""),
                "tamper[0]: unknown variant `fine`",
            ),
            (("\"lost\":[1]", "\"lost\":[3]"), "lost is 3 of 2 due"),
            (("\"lost\":[1]", "\"lost\":[1,1]"), "lost has 2 values"),
            (("\"due\":[2]", "\"due\":[-2]"), "invalid value"),
            (("[0.1,null,null]", "null"), "told_s is no time"),
            (("\"lost_share\":[0.5", "\"lost_share\":[1.5"), "lost_share"),
            (("\"status\":\"ok\"", "\"status\":\"good\""), "good"),
        ] {
            let said = refused(change);
            assert!(said.contains(due), "{said} without {due}");
            assert!(!said.contains('\n'), "{said}");
        }
    }
}
