//! `struct acct_v3`: what the kernel writes of a process that has ended.

use contract::{DetailsBuf, Field, Pid, proc_forms};

const VERSION: usize = 1;
const TTY: usize = 2;
const STATUS: usize = 4;
const UID: usize = 8;
const GID: usize = 12;
const PID: usize = 16;
const PPID: usize = 20;
const BEGUN: usize = 24;
const LIVED: usize = 28;
const COMM: usize = 48;
/// In the first byte: it has forked and executed nothing since.
const FORKED: u8 = 1;
/// What the version is for a record in the byte order of this machine: the number, and a bit that
/// says big-endian.
const THIS: u8 = 3 | if cfg!(target_endian = "big") { 0x80 } else { 0 };

/// What it tells beside: name, user, group and terminal.
pub(super) fn details(bytes: &[u8; AcctRecord::SIZE], to: &mut DetailsBuf) {
    let number =
        |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let name = bytes[COMM..].split(|&byte| byte == 0).next();
    to.text(Field::Comm, name.unwrap_or_default());
    to.number(Field::Uid, number(UID));
    to.number(Field::Gid, number(GID));
    let tty = u16::from_ne_bytes([bytes[TTY], bytes[TTY + 1]]);
    if let Some(tty) = proc_forms::terminal(tty.into()) {
        to.text(Field::Tty, tty.as_bytes());
    }
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AcctRecord {
    /// The process.
    pub pid: Pid,
    /// Its parent when it ended.
    pub ppid: Pid,
    /// The code of the thread that ended last, as a wait status.
    pub status: i32,
    /// Its real user.
    pub uid: u32,
    /// Whether it has executed anything.
    pub executed: bool,
    /// When it began, in seconds of the wall clock: of the end, less the seconds that it lived, each
    /// rounded down, so up to a second too late or too early.
    pub begun_s: u32,
    /// How long it lived, in hundredths of a second, rounded down and to 24 bits.
    pub lived_ticks: f32,
}

impl AcctRecord {
    /// Bytes of a record.
    pub const SIZE: usize = 64;

    /// Reads one; the version it says it has where that is another one.
    pub fn parse(bytes: &[u8; Self::SIZE]) -> Result<Self, u8> {
        let number = |at: usize| {
            let number = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
            u32::from_ne_bytes(number)
        };
        match bytes[VERSION] {
            THIS => Ok(Self {
                pid: number(PID),
                ppid: number(PPID),
                status: number(STATUS).cast_signed(),
                uid: number(UID),
                executed: bytes[0] & FORKED == 0,
                begun_s: number(BEGUN),
                lived_ticks: f32::from_bits(number(LIVED)),
            }),
            other => Err(other),
        }
    }

    /// The bytes that [`AcctRecord::parse`] reads it from, for tests.
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[0] = u8::from(!self.executed) * FORKED;
        bytes[VERSION] = THIS;
        let words = [
            (STATUS, self.status.cast_unsigned()),
            (UID, self.uid),
            (PID, self.pid),
            (PPID, self.ppid),
            (BEGUN, self.begun_s),
            (LIVED, self.lived_ticks.to_bits()),
        ];
        for (at, word) in words {
            bytes[at..at + 4].copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_another_version_is_named() {
        let record = AcctRecord {
            pid: 7,
            ppid: 3,
            status: 256,
            uid: 1000,
            executed: false,
            begun_s: 1_700_000_000,
            lived_ticks: 12.0,
        };
        let mut bytes = record.bytes();
        assert_eq!(AcctRecord::parse(&bytes), Ok(record));
        bytes[VERSION] = 2;
        assert_eq!(AcctRecord::parse(&bytes), Err(2));
    }
}
