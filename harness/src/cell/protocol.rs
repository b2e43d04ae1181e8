//! What the processes of a cell say to the harness. A monitor's: one JSON line each on its stdout; the
//! other way there is only the end of its stdin, which means stop, also when the harness is gone.
//! A workload's: `outcome.json`.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Context, Result};
use contract::{Counters, Unavailable};
use serde::{Deserialize, Serialize};

/// What a workload's process leaves in `outcome.json`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// From just before the first program was started until it had ended.
    pub(crate) wall_ns: u64,
    /// CPU time of all its processes.
    pub(crate) cpu_ns: Option<u64>,
    /// Processes the whole machine made meanwhile, by the kernel's count.
    pub(crate) machine_forks: Option<u64>,
}

/// A line from the monitor's process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Message {
    /// Everything from now on will be seen; the workload needs this environment.
    Ready {
        /// Names and values.
        env: Vec<(String, String)>,
    },
    /// It stopped in order.
    Done {
        /// See [`Counters::reported_lost`].
        reported_lost: BTreeMap<String, u64>,
        /// See [`Counters::notes`].
        notes: BTreeMap<String, u64>,
        /// See [`Counters::buffer_peak`].
        buffer_peak: Option<u64>,
    },
    /// It could not go on.
    Error(String),
    /// It cannot run here: what is missing, and what to do.
    Cannot(String),
}

impl Message {
    /// The line for what a capture returned.
    pub(crate) fn last(result: contract::Result<Counters>) -> Self {
        match result {
            Ok(Counters {
                reported_lost,
                notes,
                buffer_peak,
            }) => Self::Done {
                reported_lost,
                notes,
                buffer_peak,
            },
            Err(error) => match error.downcast::<Unavailable>() {
                Ok(why) => Self::Cannot(why.to_string()),
                Err(error) => Self::Error(error.to_string()),
            },
        }
    }

    /// Says it.
    pub(crate) fn send(&self, out: &mut impl Write) -> Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        out.write_all(&line)
            .and_then(|()| out.flush())
            .context("stdout: the harness is gone")
    }
}
