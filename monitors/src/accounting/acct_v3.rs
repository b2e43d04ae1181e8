//! `struct acct_v3` of linux/acct.h: the kernel's record of a process that has ended.

use contract::Pid;

/// Bytes of one.
pub const RECORD: usize = 64;

/// What `ac_version` is for a record in the byte order of this machine.
const VERSION: u8 = 3 | if cfg!(target_endian = "big") { 0x80 } else { 0 };

/// `ac_flag`: it has forked but not executed.
const FORKED: u8 = 1;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AcctV3 {
    /// Whether it ever executed a program.
    pub executed: bool,
    /// Its wait status: of the last thread that left.
    pub status: i32,
    /// Its real user.
    pub uid: u32,
    /// The process.
    pub pid: Pid,
    /// Its parent when it ended.
    pub ppid: Pid,
    /// When it began, in seconds of the wall clock: of the end, less the seconds that it lived, each
    /// rounded down, so up to a second too late or too early.
    pub begun_s: u32,
    /// How long it lived, in hundredths of a second, rounded down and to 24 bits.
    pub lived_ticks: f32,
}

impl AcctV3 {
    /// Reads one; an error is the version that it has instead.
    pub fn parse(record: &[u8; RECORD]) -> Result<Self, u8> {
        if record[1] != VERSION {
            return Err(record[1]);
        }
        let word = |at: usize| [record[at], record[at + 1], record[at + 2], record[at + 3]];
        let number = |at: usize| u32::from_ne_bytes(word(at));
        Ok(Self {
            executed: record[0] & FORKED == 0,
            status: number(4).cast_signed(),
            uid: number(8),
            pid: number(16),
            ppid: number(20),
            begun_s: number(24),
            lived_ticks: f32::from_ne_bytes(word(28)),
        })
    }

    /// The bytes that [`AcctV3::parse`] reads so.
    pub fn bytes(&self) -> [u8; RECORD] {
        let mut record = [0; RECORD];
        record[0] = u8::from(!self.executed) * FORKED;
        record[1] = VERSION;
        let mut put = |at: usize, word: [u8; 4]| record[at..at + 4].copy_from_slice(&word);
        put(4, self.status.to_ne_bytes());
        put(8, self.uid.to_ne_bytes());
        put(16, self.pid.to_ne_bytes());
        put(20, self.ppid.to_ne_bytes());
        put(24, self.begun_s.to_ne_bytes());
        put(28, self.lived_ticks.to_ne_bytes());
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_is_written() {
        let one = AcctV3 {
            executed: false,
            status: 256,
            uid: 65534,
            pid: 11,
            ppid: 10,
            begun_s: 1_700_000_000,
            lived_ticks: 12.0,
        };
        let mut bytes = one.bytes();
        assert_eq!(AcctV3::parse(&bytes), Ok(one));
        bytes[1] = 2;
        assert_eq!(AcctV3::parse(&bytes), Err(2));
    }
}
