//! Definitions: the named parameter sets in definitions/*.toml, each with its analysis.

use std::collections::BTreeMap;
use std::path::Path;

use contract::{Options, Result, Script, Unavailable, Workload};
use serde::Deserialize;

use crate::foreign::{ForeignCommand, Scripts};
use crate::{models, programs};

const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/definitions.rs"));

/// The option of a command that says how much it does.
const SIZE: &str = "size";

/// A definition as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    model: String,
    headline: bool,
    analysis: String,
    #[serde(default)]
    beside: Option<String>,
    #[serde(default)]
    blind: Vec<String>,
    #[serde(default)]
    options: BTreeMap<String, Value>,
    #[serde(default)]
    command: Option<Scripts>,
}

/// An option's value may be written as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Word(String),
    Number(u64),
}

/// A workload with its parameters.
#[derive(Clone)]
pub struct Definition {
    /// Its name, as in `short-lived/vfork`.
    pub name: String,
    /// The name with the options given on the command line: unique in a record.
    pub label: String,
    /// Whether it is part of the default run.
    pub headline: bool,
    /// What it does, and how and why the techniques differ on it.
    pub analysis: String,
    /// Label of a workload that runs at the same time in a control group of its own. Its events
    /// are unrelated: it is there to disturb.
    pub beside: Option<String>,
    /// Monitors that miss an event of it, as the analysis says. Only tests use it: they compare it
    /// with what was measured.
    pub blind: Vec<String>,
    /// The model's options: those of the file, then those of the command line.
    pub options: Options,
    /// What is run, where that is not a program of ours.
    pub command: Option<ForeignCommand>,
    scripts: Option<Scripts>,
    model: &'static dyn Workload,
    pairs: BTreeMap<String, String>,
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Definition").field(&self.label).finish()
    }
}

/// All definitions, in the order of their files' names. An error names the file.
pub fn definitions() -> Result<Vec<Definition>> {
    FILES.iter().map(|(file, text)| parse(file, text)).collect()
}

fn parse(file: &str, text: &str) -> Result<Definition> {
    let in_file = |why: &str| format!("definitions/{file}: {why}");
    let parsed: File = toml::from_str(text).map_err(|why| {
        let line = why
            .span()
            .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        let message = why.message().lines().collect::<Vec<_>>().join(" ");
        format!("definitions/{file}, line {line}: {message}: correct it there")
    })?;
    let model = models::find(&parsed.model).ok_or_else(|| {
        let known: Vec<_> = models::models().iter().map(|model| model.name()).collect();
        in_file(&format!(
            "model '{}' is not one of {}",
            parsed.model,
            known.join(", ")
        ))
    })?;
    let pairs = parsed.options.into_iter().map(|(name, value)| match value {
        Value::Word(word) => (name, word),
        Value::Number(number) => (name, number.to_string()),
    });
    let pairs: BTreeMap<_, _> = pairs.collect();
    let given = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let options = Options::new(&parsed.name, model.options(), given)
        .map_err(|why| in_file(&why.to_string()))?;
    if parsed.command.is_some() != (model.name() == models::FOREIGN.name()) {
        return Err(in_file(
            "the table 'command' belongs to the model 'command': give both, or neither",
        )
        .into());
    }
    let command = parsed.command.as_ref();
    Ok(Definition {
        command: command.map(|scripts| scripts.command(options.size(SIZE))),
        scripts: parsed.command,
        label: parsed.name.clone(),
        name: parsed.name,
        headline: parsed.headline,
        analysis: parsed.analysis.trim().to_owned(),
        beside: parsed.beside,
        blind: parsed.blind,
        options,
        model,
        pairs,
    })
}

impl Definition {
    /// A command that is not ours, called `label`.
    pub fn of_command(label: &str, command: ForeignCommand) -> Result<Self> {
        let model = models::FOREIGN;
        Ok(Self {
            name: label.to_owned(),
            label: label.to_owned(),
            headline: false,
            analysis: String::new(),
            beside: None,
            blind: Vec::new(),
            options: Options::new(label, model.options(), [])?,
            command: Some(command),
            scripts: None,
            model,
            pairs: BTreeMap::new(),
        })
    }

    /// The model that runs it.
    pub fn model(&self) -> &'static str {
        self.model.name()
    }

    /// The same with these options, which replace the file's. An error names the option.
    pub fn with(&self, given: &[(String, String)]) -> Result<Self> {
        let pairs = given
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let given_options = Options::new(&self.name, self.model.options(), pairs)?;
        let mut all = self.pairs.clone();
        all.extend(given.iter().cloned());
        let merged = all
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let options = Options::new(&self.name, self.model.options(), merged)?;
        let scripts = self.scripts.as_ref();
        Ok(Self {
            label: format!("{}{}", self.name, given_options.label()),
            command: scripts.map(|scripts| scripts.command(options.size(SIZE))),
            options,
            pairs: all,
            ..self.clone()
        })
    }

    /// A command of a definition that does `scale` times as much, and at least 1; any other as it is. The
    /// label does not change: a record has its scale.
    pub fn scaled(&self, scale: f64) -> Self {
        let scripts = self.scripts.as_ref();
        let size = || (self.options.size(SIZE) as f64 * scale).round().max(1.0) as u64;
        Self {
            command: scripts.map_or_else(|| self.command.clone(), |one| Some(one.command(size()))),
            ..self.clone()
        }
    }

    /// What it does at `scale` times the number of processes, with the programs installed in the
    /// folder `programs`.
    pub fn script(&self, scale: f64, programs: &Path) -> Result<Script> {
        // /proc/PID/exe names a file by its real path, so true events must too.
        let real = std::fs::canonicalize(programs).unwrap_or_else(|_| programs.to_owned());
        self.model
            .script(&self.options, scale, &real)
            .map_err(|why| format!("{}: {why}", self.label).into())
    }

    /// Why it cannot run on this machine; `None` when it can.
    pub fn unavailable(&self) -> Option<Unavailable> {
        if let Some(scripts) = &self.scripts {
            return scripts.unavailable();
        }
        // Impossible options are an error of `script`, not something this machine lacks.
        let script = self.script(1.0, Path::new("/")).ok()?;
        programs::unavailable(&script)
    }
}

#[cfg(test)]
mod tests;
