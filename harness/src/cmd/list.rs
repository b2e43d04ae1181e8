//! `harness list`: monitors and workloads with their options.

use anyhow::Result;
use clap::Args;
use contract::{Field, Kind, Monitor, OptionSpec};

use super::args::ToolsArgs;
use crate::output::show;

/// What else to list.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    tools: ToolsArgs,
}

/// Prints both registries.
pub(crate) fn list(args: &ListArgs) -> Result<()> {
    args.tools.add()?;
    let mut text = String::from("monitors\n");
    let mut own = true;
    for monitor in monitors::all() {
        if own && monitor.definition().is_some() {
            text += "\nthird-party tool, to be chosen with -m\n";
            own = false;
        }
        text += &format!("  {:<24} {}\n", monitor.name(), monitor.about());
        text += &claims(*monitor);
        text += &options(monitor.options());
    }
    text += "\nworkloads (* is in the default comparison)\n";
    for definition in workloads::definitions().map_err(anyhow::Error::from_boxed)? {
        let mark = if definition.headline { "*" } else { " " };
        text += &format!(
            "{mark} {:<24} {}\n",
            definition.name,
            first_sentence(&definition.analysis)
        );
    }
    text += "\noptions of workloads, by model\n";
    for model in workloads::models() {
        text += &format!("  {:<24} {}\n", model.name(), model.about());
        text += &options(model.options());
    }
    show(&text)
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

fn claims(monitor: &dyn Monitor) -> String {
    let Ok(options) = contract::Options::new(monitor.name(), monitor.options(), []) else {
        return String::new();
    };
    let claims = monitor.claims(&options);
    let offers: Vec<_> = Kind::ALL
        .into_iter()
        .filter(|&kind| claims.kind(kind))
        .map(|kind| {
            let fields = Field::ALL
                .into_iter()
                .filter(|&field| claims.field(kind, field));
            let fields: Vec<_> = fields.map(Field::as_str).collect();
            format!("{kind}({})", fields.join(" "))
        })
        .collect();
    if offers.is_empty() {
        String::new()
    } else {
        format!("    offers {}\n", offers.join(", "))
    }
}

fn options(specs: &[OptionSpec]) -> String {
    let line =
        |spec: &OptionSpec| format!("    {{{}={}}} {}\n", spec.name, spec.default, spec.about);
    specs.iter().map(line).collect()
}
