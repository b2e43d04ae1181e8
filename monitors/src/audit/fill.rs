//! What holds records between the system calls and the reader, and how full it is.
//!
//! As the daemon the monitor has two queues in series: the kernel's backlog, and behind it the
//! queue of its own socket. kauditd moves records from one to the other as long as there is room, so
//! the socket fills first, then the backlog, and then records are lost. The backlog is the bound that
//! loses (`lost`); what both hold together is the buffer. Beside another daemon the socket alone is.

use std::time::{Duration, Instant};

use contract::{Buffer, Options, Result};

use super::session::{AuditSession, failed};
use super::wire::Control;
use crate::common::netlink_socket::{self, Queue};

/// The least that a SYSCALL record takes in the socket's queue: text of 209 bytes and more.
const LEAST_RECORD: u64 = 960;
/// Between two questions for the backlog: the kernel starts a thread for each answer.
const INTERVAL: Duration = Duration::from_millis(250);

/// The buffer with `options`, in records: one for a fork or an exit, two for an exec.
pub(super) fn buffer(options: &Options) -> Buffer {
    let Some(socket) = netlink_socket::capacity(options.size_or_word("rcvbuf")) else {
        return Buffer::Unknown;
    };
    let backlog = match options.size_or_word("backlog") {
        _ if AuditSession::daemon().is_some() => 0,
        // No limit.
        Some(0) => return Buffer::Unbounded,
        Some(records) => records,
        None => match Control::open().map(|mut control| control.status()) {
            Ok(Ok(status)) if status.backlog_limit == 0 => return Buffer::Unbounded,
            Ok(Ok(status)) => status.backlog_limit.into(),
            _ => return Buffer::Unknown,
        },
    };
    Buffer::Bounded {
        capacity: backlog + socket / LEAST_RECORD,
        unit: "records",
        least_per_event: 1,
    }
}

/// The highest fill so far.
pub(super) struct Fill {
    control: Control,
    asked: Option<Instant>,
    /// Whether the backlog is part of the buffer.
    with_backlog: bool,
    /// Of the backlog, in records.
    pub(super) backlog: u64,
    /// Of the socket's queue, in bytes.
    pub(super) socket: u64,
    /// Of both together, in records.
    pub(super) peak: u64,
}

impl Fill {
    pub(super) fn new(with_backlog: bool) -> Result<Self> {
        Ok(Self {
            control: Control::open().map_err(|why| failed("socket", why))?,
            asked: None,
            with_backlog,
            backlog: 0,
            socket: 0,
            peak: 0,
        })
    }

    /// To be called before each read.
    pub(super) fn sample(&mut self, queue: Queue) -> nix::Result<()> {
        let due = self.asked.is_none_or(|asked| asked.elapsed() >= INTERVAL);
        let mut backlog = 0;
        if self.with_backlog && due && queue.fill > 0 {
            self.asked = Some(Instant::now());
            backlog = self.control.status()?.backlog.into();
        }
        self.backlog = self.backlog.max(backlog);
        self.socket = self.socket.max(queue.fill);
        self.peak = self.peak.max(backlog + queue.fill / LEAST_RECORD);
        Ok(())
    }
}
