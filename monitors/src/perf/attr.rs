//! The event whose records this reads.

use std::io;
use std::os::fd::OwnedFd;

use crate::common::perf_event::{self, Attr, Of};

const SOFTWARE: u32 = 1;
const DUMMY: u64 = 9;
const SAMPLE_TIME: u64 = 1 << 2;
/// Since 6.0.
const FORMAT_LOST: u64 = 1 << 4;
const COMM: u64 = 1 << 9;
const TASK: u64 = 1 << 13;
const SAMPLE_ID_ALL: u64 = 1 << 18;
const COMM_EXEC: u64 = 1 << 24;
const USE_CLOCKID: u64 = 1 << 25;

/// An event that never counts and never samples, on `cpu`; and whether it counts what it lost.
pub(super) fn open(cpu: u32) -> io::Result<(OwnedFd, bool)> {
    match open_as(cpu, FORMAT_LOST) {
        Ok(fd) => Ok((fd, true)),
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok((open_as(cpu, 0)?, false)),
        Err(error) => Err(error),
    }
}

fn open_as(cpu: u32, read_format: u64) -> io::Result<OwnedFd> {
    let attr = Attr {
        kind: SOFTWARE,
        size: Attr::SIZE,
        config: DUMMY,
        sample_type: SAMPLE_TIME,
        read_format,
        flags: COMM | TASK | SAMPLE_ID_ALL | COMM_EXEC | USE_CLOCKID,
        clockid: libc::CLOCK_MONOTONIC,
        ..Attr::default()
    };
    perf_event::open(&attr, &Of::All, cpu)
}
