//! Third-party tools. Each is one TOML beside this file, or in a folder that the user names:
//! how it is started, how it says that it is ready, and how its lines become events.
//!
//! Hook point, kernel, configuration: whatever the tool has; its definition names what can be asked
//! for beforehand. Its lines are stamped when they arrive, so what it holds back is part of its
//! detection latency; the definition says how its own buffering was switched off. The pipe (1 MiB)
//! never loses: a tool that writes faster than is read waits, and what it loses meanwhile is its own,
//! silent loss.
//!
//! What is measured as its cost is the cost of its processes. Reading their lines is the harness's
//! work and is taken off.

mod capture;
mod child;
mod decode;
mod definition;
mod requirements;
mod scratch_dir;
#[cfg(test)]
mod tests;
mod tracefs;

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use contract::{
    Claims, Counters, Decode, Monitor, Options, Privilege, Recovered, Result, Session, Unavailable,
};

pub(crate) use tracefs::tracepoint;

use definition::Definition;
use requirements::Need;

/// The definitions that come with the harness.
const OURS: &[(&str, &str)] = &[
    ("acct.toml", include_str!("tools/acct.toml")),
    ("auditd.toml", include_str!("tools/auditd.toml")),
    ("bpftrace.toml", include_str!("tools/bpftrace.toml")),
    ("buildprof.toml", include_str!("tools/buildprof.toml")),
    ("execsnoop.toml", include_str!("tools/execsnoop.toml")),
    (
        "execsnoop-bpfcc.toml",
        include_str!("tools/execsnoop-bpfcc.toml"),
    ),
    ("execsnoop-bt.toml", include_str!("tools/execsnoop-bt.toml")),
    (
        "execsnoop-perf.toml",
        include_str!("tools/execsnoop-perf.toml"),
    ),
    ("exitsnoop.toml", include_str!("tools/exitsnoop.toml")),
    (
        "exitsnoop-bpfcc.toml",
        include_str!("tools/exitsnoop-bpfcc.toml"),
    ),
    ("extrace.toml", include_str!("tools/extrace.toml")),
    ("forkstat.toml", include_str!("tools/forkstat.toml")),
    ("laurel.toml", include_str!("tools/laurel.toml")),
    ("perf-trace.toml", include_str!("tools/perf-trace.toml")),
    ("snoopy.toml", include_str!("tools/snoopy.toml")),
    ("strace.toml", include_str!("tools/strace.toml")),
    ("sysdig.toml", include_str!("tools/sysdig.toml")),
    ("trace-cmd.toml", include_str!("tools/trace-cmd.toml")),
    ("tracexec.toml", include_str!("tools/tracexec.toml")),
    ("watch-audit.toml", include_str!("tools/watch-audit.toml")),
    ("watch-ebpf.toml", include_str!("tools/watch-ebpf.toml")),
    (
        "watch-netlink.toml",
        include_str!("tools/watch-netlink.toml"),
    ),
    (
        "watch-preload.toml",
        include_str!("tools/watch-preload.toml"),
    ),
];

/// A tool as a monitor.
pub(crate) struct External {
    definition: &'static Definition,
    text: &'static str,
    about: &'static str,
    /// It was put in by the user, so the comparison without a pattern has it, too.
    asked: bool,
    found: OnceLock<Result<String, Unavailable>>,
}

/// Those that come with the harness.
pub(crate) fn ours() -> Result<Vec<&'static dyn Monitor>> {
    let each = OURS
        .iter()
        .map(|(file, text)| External::leaked(file, text, false));
    each.collect()
}

/// Those in `dir`, in the order of their files' names.
pub(crate) fn within(dir: &Path) -> Result<Vec<&'static dyn Monitor>> {
    let bad = |path: &Path, e: io::Error| {
        format!("{}: {e}: name a folder of definitions", path.display())
    };
    let entries = fs::read_dir(dir).map_err(|e| bad(dir, e))?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths = paths
        .collect::<io::Result<Vec<_>>>()
        .map_err(|e| bad(dir, e))?;
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    paths.sort();
    if paths.is_empty() {
        return Err(format!("{}: holds no *.toml: put a definition there", dir.display()).into());
    }
    let read = |path: &std::path::PathBuf| {
        let text = contract::file::read_text(path).map_err(|e| bad(path, e))?;
        External::leaked(&path.display().to_string(), &text, true)
    };
    paths.iter().map(read).collect()
}

impl External {
    /// It lives as long as the process: monitors are known by reference everywhere.
    fn leaked(file: &str, text: &str, asked: bool) -> Result<&'static dyn Monitor> {
        let definition: &Definition = Box::leak(Box::new(Definition::parse(file, text)?));
        let Definition {
            about, buffering, ..
        } = definition;
        Ok(Box::leak(Box::new(Self {
            definition,
            about: format!("{about}; its buffering: {buffering}").leak(),
            text: text.to_owned().leak(),
            asked,
            found: OnceLock::new(),
        })))
    }

    /// What its version command says; asked once.
    fn found(&self) -> &Result<String, Unavailable> {
        self.found.get_or_init(|| {
            let words = &self.definition.version;
            let missing = || child::missing(self.definition, &words[0]);
            let harness = std::env::current_exe().unwrap_or_default();
            let fill = |word: &String| word.replace("{harness}", &harness.to_string_lossy());
            let mut command = Command::new(fill(&words[0]));
            let said = command.args(words[1..].iter().map(fill)).output();
            let said = said.map_err(|_| missing())?;
            // How a shell says that there is no such program.
            if said.status.code() == Some(127) {
                return Err(child::missing(self.definition, &self.definition.name));
            }
            let text =
                [said.stdout, said.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
            let mut lines = text.iter().flat_map(|text| text.lines()).map(str::trim);
            let told = lines.find(|line| line.contains(|c: char| c.is_ascii_digit()));
            Ok(told.unwrap_or("version not told").to_owned())
        })
    }
}

impl Monitor for External {
    fn name(&self) -> &'static str {
        &self.definition.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn claims(&self, _: &Options) -> Claims {
        self.definition.claims()
    }

    fn privilege(&self) -> Privilege {
        match self.definition.needs.contains(&Need::Root) {
            true => Privilege::Root,
            false => Privilege::None,
        }
    }

    fn usual(&self) -> bool {
        self.asked
    }

    fn definition(&self) -> Option<&'static str> {
        Some(self.text)
    }

    fn version(&self) -> Option<String> {
        self.found().as_ref().ok().cloned()
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        let needs = self.definition.needs.iter().flat_map(|need| need.missing());
        self.found()
            .as_ref()
            .err()
            .cloned()
            .into_iter()
            .chain(needs)
            .collect()
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        capture::capture(self.definition, session)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(self.definition))
    }

    fn recover(&self) -> Result<Recovered> {
        scratch_dir::sweep()
    }
}
