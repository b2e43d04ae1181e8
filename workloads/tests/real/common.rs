//! Runs a workload in a process of its own, as the harness does: this test program again, with
//! nothing but the test `runner` in it, told by its environment what to run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use std::os::unix::process::CommandExt;

pub(crate) const NOBODY: u32 = 65534;
const CELL: &str = "ROLLCALL_TEST_CELL";

/// A cell to be run.
pub(crate) struct Cell {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) label: String,
    scale: f64,
    tag: String,
    limit_ms: u64,
    stamping: bool,
}

pub(crate) fn root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A folder that any user may enter.
pub(crate) fn open_dir() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

/// The definition called so, with options as on the command line.
pub(crate) fn definition(label: &str) -> workloads::Definition {
    let (name, options) = label.split_once('{').unwrap_or((label, "}"));
    let pairs = options
        .trim_end_matches('}')
        .split(',')
        .filter(|pair| !pair.is_empty());
    let pairs: Vec<_> = pairs
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let all = workloads::definitions().unwrap();
    let found = all
        .iter()
        .find(|definition| definition.name == name)
        .unwrap();
    found.with(&pairs).unwrap()
}

impl Cell {
    pub(crate) fn new(label: &str, scale: f64) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let tag = format!(
            "t{}x{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let (limit_ms, stamping) = (60_000, true);
        Self {
            dir: open_dir(),
            label: label.into(),
            scale,
            tag,
            limit_ms,
            stamping,
        }
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit_ms = limit.as_millis() as u64;
        self
    }

    pub(crate) fn bare(mut self) -> Self {
        self.stamping = false;
        self
    }

    pub(crate) fn programs(&self) -> PathBuf {
        self.dir.path().join("programs")
    }

    pub(crate) fn script(&self) -> contract::Script {
        definition(&self.label)
            .script(self.scale, &self.programs())
            .unwrap()
    }

    /// Made ready, and the command that runs it; `user` is who the runner itself is.
    pub(crate) fn command(&self, user: Option<u32>) -> Command {
        workloads::install(&self.programs()).unwrap();
        workloads::prepare(self.dir.path(), &self.script(), &self.tag).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "runner", "--nocapture"]);
        let Self {
            label,
            scale,
            limit_ms,
            stamping,
            ..
        } = self;
        let dir = self.dir.path().display();
        command.env(CELL, format!("{dir}|{label}|{scale}|{limit_ms}|{stamping}"));
        if let Some(user) = user {
            for path in [self.dir.path(), &self.dir.path().join("ledger.json")] {
                std::os::unix::fs::chown(path, Some(user), Some(user)).unwrap();
            }
            command.uid(user).gid(user);
        }
        command
    }

    /// Runs it: what went wrong, if anything did.
    pub(crate) fn run(&self, user: Option<u32>) -> Result<(), String> {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(user).output().unwrap();
        let out = String::from_utf8_lossy(&stdout);
        match out
            .split_once("FAILED: ")
            .map(|(_, why)| why.lines().next().unwrap().to_owned())
        {
            Some(why) => Err(why),
            None => {
                assert!(
                    status.success(),
                    "{out}{}",
                    String::from_utf8_lossy(&stderr)
                );
                Ok(())
            }
        }
    }

    /// Processes whose command line has this cell's tag, or who still run its programs.
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

/// The other side of [`Cell::run`]; the test program's own test `runner` calls it.
pub(crate) fn serve() {
    let Ok(told) = std::env::var(CELL) else {
        return;
    };
    let parts: Vec<_> = told.split('|').collect();
    let [dir, label, scale, limit, stamping] = parts[..] else {
        panic!("{told}")
    };
    let dir = Path::new(dir);
    let script = definition(label)
        .script(scale.parse().unwrap(), &dir.join("programs"))
        .unwrap();
    let run = workloads::Run {
        cell: dir,
        script: &script,
        env: &[("ROLLCALL_TEST".into(), "1".into())],
        user: root().then_some((NOBODY, NOBODY)),
        limit: Duration::from_millis(limit.parse().unwrap()),
        stamping: stamping == "true",
    };
    match workloads::run(&run) {
        Ok(outcome) => println!("RAN: {outcome:?}"),
        Err(why) => println!("FAILED: {why}"),
    }
}
