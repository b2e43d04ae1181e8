//! A run of the harness whose readers are interfered with.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use contract::bare_name;
use serde_json::Value;

use super::common;

/// The harness would let runs wait for each other as well, but on the time of a test's patience.
static ALONE: Mutex<()> = Mutex::new(());

/// One that is under way.
pub(crate) struct Run {
    child: Child,
    record: PathBuf,
    words: String,
    _alone: MutexGuard<'static, ()>,
}

impl Run {
    /// Measures `label` on `workload` once, into `dir`; `None` where the monitor cannot run.
    pub(crate) fn start(dir: &Path, label: &str, workload: &str) -> Option<Self> {
        if !common::can_run(bare_name(label)) {
            return None;
        }
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let record = dir.join("record");
        let args = ["run", "-m", label, "-w", workload, "--reps", "1"];
        let mut command = common::harness();
        command.args(args).arg("--out").arg(&record);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        Some(Self {
            child: command.spawn().unwrap(),
            record,
            words: args.join(" "),
            _alone,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end; what it found.
    pub(crate) fn summary(self) -> Value {
        let done = self.child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        let repeat = format!(
            "repeat with: harness {}, its reader held\n{said}",
            self.words
        );
        assert!(done.status.success(), "{repeat}");
        common::summary(&self.record)
    }
}

/// Missed of what is offered.
pub(crate) fn missed(cell: &Value) -> u64 {
    let kinds = cell["kinds"].as_object().unwrap().values();
    let offered = kinds.filter(|kind| kind["offered"] == true);
    offered.map(|kind| kind["missed"].as_u64().unwrap()).sum()
}
