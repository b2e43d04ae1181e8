//! Runs a workload in a process of its own, as the harness does.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use contract::Label;

pub(crate) const NOBODY: u32 = 65534;

/// A cell and how it is run.
pub(crate) struct Cell {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) label: String,
    scale: f64,
    limit: Duration,
    stamping: bool,
}

/// A folder that every user may enter.
fn open_dir() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

/// The definition with this label.
pub(crate) fn definition(label: &str) -> workloads::Definition {
    let Label { name, options } = Label::parse(label).unwrap();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let options: Vec<_> = options.iter().map(owned).collect();
    let all = workloads::definitions().unwrap();
    let found = all.iter().find(|one| one.name == name).unwrap();
    found.with(&options).unwrap()
}

impl Cell {
    pub(crate) fn new(label: &str, scale: f64) -> Self {
        Self {
            dir: open_dir(),
            label: label.into(),
            scale,
            limit: Duration::from_secs(60),
            stamping: true,
        }
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn without_stamps(mut self) -> Self {
        self.stamping = false;
        self
    }

    pub(crate) fn programs(&self) -> PathBuf {
        self.dir.path().join("programs")
    }

    pub(crate) fn script(&self) -> contract::Script {
        let definition = definition(&self.label);
        definition.script(self.scale, &self.programs()).unwrap()
    }

    /// Makes the folder ready, for one run.
    pub(crate) fn prepare(&self) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let tag = format!("t{}x{number}", std::process::id());
        workloads::install(&self.programs()).unwrap();
        workloads::prepare(self.dir.path(), &self.script(), &tag).unwrap();
    }

    /// The command that runs it, after [`Cell::prepare`]; `user` is the user of the runner itself.
    pub(crate) fn command(&self, user: Option<u32>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_run-workload"));
        command.arg(self.dir.path());
        command.arg(self.limit.as_millis().to_string());
        command.arg(self.stamping.to_string());
        if let Some(user) = user {
            std::os::unix::fs::chown(self.dir.path(), Some(user), Some(user)).unwrap();
            command.uid(user).gid(user);
        }
        command
    }

    /// Runs it; the error of the runner, if it failed.
    pub(crate) fn run(&self, user: Option<u32>) -> Result<(), String> {
        self.prepare();
        let output = self.command(user).output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8(output.stderr)
            .unwrap()
            .trim_end()
            .to_owned())
    }

    /// Processes that still run its programs.
    pub(crate) fn left(&self) -> Vec<u32> {
        let programs = self.programs();
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let ours = |pid: &u32| {
            let exe = std::fs::read_link(format!("/proc/{pid}/exe"));
            exe.is_ok_and(|exe| exe.starts_with(&programs))
        };
        pids.filter(ours).collect()
    }
}
