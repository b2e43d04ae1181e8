//! Whether the programs are still attached. What attaches one is a link, which lives as long as its
//! descriptor: a debugger, or whatever else gets hold of this process, may close it, and from then on
//! nothing is seen and nothing is lost.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use contract::Result;

/// The links of a capture: their descriptors, with what the kernel says of each.
#[derive(Default)]
pub(super) struct Links(Vec<(PathBuf, String)>);

impl Links {
    /// All of this process that are there now.
    pub(super) fn now() -> Result<Self> {
        let entries = fs::read_dir("/proc/self/fdinfo").map_err(|why| failed(&why))?;
        let read = |path: PathBuf| Some((fs::read_to_string(&path).ok()?, path));
        let all = entries.flatten().filter_map(|entry| read(entry.path()));
        let links = all.filter(|(text, _)| text.contains("link_id:"));
        Ok(Self(links.map(|(text, path)| (path, text)).collect()))
    }

    /// Those that were not there `before`.
    pub(super) fn since(mut self, before: &Self) -> Self {
        self.0.retain(|one| !before.0.contains(one));
        self
    }

    /// An error when one of them is gone.
    pub(super) fn check(&self) -> Result<()> {
        let there = |(path, text): &(PathBuf, String)| {
            fs::read_to_string(path).is_ok_and(|now| now == *text)
        };
        let gone = self.0.iter().filter(|one| !there(one)).count();
        if gone == 0 {
            return Ok(());
        }
        let when = humantime::format_rfc3339_millis(SystemTime::now());
        Err(format!(
            "ebpf: before {when} another program detached {gone} of its {} programs: what happened \
             after that was not seen; keep debuggers from it",
            self.0.len()
        )
        .into())
    }
}

fn failed(error: &std::io::Error) -> contract::Error {
    format!("/proc/self/fdinfo: {error}: mount proc on /proc").into()
}
