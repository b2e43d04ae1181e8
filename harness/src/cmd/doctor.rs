//! `harness doctor`: what can run here, what is missing, how to get it.

use anyhow::Result;
use clap::Args;
use contract::Options;

use super::args::ToolsArgs;
use crate::cgroup::Hierarchy;
use crate::exit::NothingRuns;
use crate::machine;
use crate::output::show;
use crate::select;
use crate::user;

/// What else to look for.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    tools: ToolsArgs,
}

/// Looks, and changes nothing.
pub(crate) fn doctor(args: &DoctorArgs) -> Result<()> {
    args.tools.add()?;
    let mut text = surroundings();
    let mut works = 0;
    text += "\nmonitors\n";
    let own = monitors::all()
        .iter()
        .filter(|one| one.definition().is_none() && !one.fault_injector() && one.name() != "null");
    for one in own {
        let one = select::configuration(one.name())?;
        let missing = one.monitor.missing(&one.options);
        works += usize::from(missing.is_empty());
        text += &line(&one.label(), missing.iter().map(ToString::to_string));
    }
    text += &tools();
    text += &workloads()?;
    show(&text)?;
    if works == 0 {
        return Err(
            NothingRuns("no monitor can run here: see above for what each needs".into()).into(),
        );
    }
    Ok(())
}

/// The machine, and what of it decides how cells are run.
fn surroundings() -> String {
    let hierarchy = Hierarchy::find();
    let machine = machine::describe(hierarchy.as_ref().ok());
    let mut text = format!(
        "machine    {} CPUs ({}), {} MiB, Linux {} on {}, virtualised: {}\n",
        machine.cpus,
        machine.cpu,
        machine.memory_bytes >> 20,
        machine.kernel,
        machine.distribution,
        machine.virtualisation
    );
    text += &match hierarchy {
        Ok(found) => format!(
            "cgroup     {}: limits and CPU time per side of a cell\n",
            found.version()
        ),
        Err(why) => format!("cgroup     none: {}\n", Hierarchy::note(&why.to_string())),
    };
    text += &match user::of_workloads() {
        Some(user) => format!("workloads  run as {}\n", user.text()),
        None => "workloads  run as yourself\n".into(),
    };
    if let Some(note) = machine::chroot() {
        text += &format!("root       {note}\n");
    }
    text
}

/// Third-party tools: which version is there, or what to install.
fn tools() -> String {
    let mut text = String::from("\nthird-party tool\n");
    let tools = monitors::all()
        .iter()
        .filter(|one| one.definition().is_some());
    for tool in tools {
        let missing = tool.missing(&Options::default());
        let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
        text += &match tool.version().filter(|_| missing.is_empty()) {
            Some(version) => format!("  {:<28} can be tried: {version}\n", tool.name()),
            None => line(tool.name(), missing.into_iter()),
        };
    }
    text
}

fn workloads() -> Result<String> {
    let mut text = String::from("\nworkloads\n");
    let (cases, load): (Vec<_>, Vec<_>) = workloads::definitions()
        .map_err(anyhow::Error::from_boxed)?
        .into_iter()
        .partition(|definition| definition.model() == "case");
    for definition in load {
        text += &line(
            &definition.label,
            definition.unavailable().iter().map(ToString::to_string),
        );
    }
    text += &format!(
        "  {:<28} {} of them; each finds out by itself what it lacks, and says so in its row\n",
        "case/.*",
        cases.len()
    );
    Ok(text)
}

fn line(label: &str, missing: impl Iterator<Item = String>) -> String {
    let missing: Vec<_> = missing.collect();
    let says = if missing.is_empty() {
        "can run".into()
    } else {
        missing.join("; ")
    };
    format!("  {label:<28} {says}\n")
}
