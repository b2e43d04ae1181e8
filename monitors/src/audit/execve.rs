//! Arguments put together from EXECVE records.
//!
//! A record holds as many arguments as fit: `argc=3 a0="ls" a1=0A a2_len=9000 a2[0]=...`, the next
//! one goes on where it stopped. An argument in pieces says first how many characters of value all
//! pieces have together, and is complete when they are there: no end-of-event record is needed.

use super::record::{fields, number, unquote};

/// More than any argv the kernel accepts; what is longer is no argv.
const LONGEST: usize = 16 << 20;

/// Arguments as far as they have come, in the form of `contract::argv_bytes`.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    bytes: Vec<u8>,
    /// How many there will be.
    count: Option<u64>,
    /// The argument that comes next, or the one whose pieces are coming.
    next: u64,
    /// Of that one: the piece that comes next, and the characters still to come.
    piece: u64,
    left: u64,
    /// Something did not follow on what was there: a record was lost.
    broken: bool,
}

impl Arguments {
    /// Takes one EXECVE record's fields.
    pub(super) fn take(&mut self, text: &[u8]) {
        for (name, value) in fields(text) {
            if self.broken {
                return;
            }
            if name == b"argc" {
                self.count = number(value, 10);
            } else if self.field(name, value).is_none() || self.bytes.len() > LONGEST {
                self.broken = true;
            }
        }
    }

    /// `None` when the field is not the one that must come now.
    fn field(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        let name = name.strip_prefix(b"a")?;
        let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (index, suffix) = name.split_at(digits);
        if number(index, 10)? != self.next {
            return None;
        }
        match suffix {
            b"" if self.piece == 0 => {
                unquote(value, &mut self.bytes).then_some(())?;
                self.end();
            }
            b"_len" if self.piece == 0 => self.left = number(value, 10)?,
            _ => {
                let piece = suffix.strip_prefix(b"[")?.strip_suffix(b"]")?;
                self.pieced(number(piece, 10)?, value)?;
            }
        }
        Some(())
    }

    fn pieced(&mut self, piece: u64, value: &[u8]) -> Option<()> {
        if piece != self.piece {
            return None;
        }
        let quotes = if value.starts_with(b"\"") { 2 } else { 0 };
        let length = value.len() as u64;
        unquote(value, &mut self.bytes).then_some(())?;
        self.piece += 1;
        self.left = self.left.checked_sub(length.saturating_sub(quotes))?;
        if self.left == 0 {
            self.end();
        }
        Some(())
    }

    fn end(&mut self) {
        self.bytes.push(0);
        self.next += 1;
        (self.piece, self.left) = (0, 0);
    }

    /// Whether every argument is here.
    pub(super) fn whole(&self) -> bool {
        !self.broken && self.count.is_some_and(|count| self.next >= count)
    }

    /// Whether any record came.
    pub(super) fn any(&self) -> bool {
        self.count.is_some() && (self.whole() || !self.bytes.is_empty())
    }

    /// What there is.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// For the next one; keeps the memory, unless one giant had made it large.
    pub(super) fn reset(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        bytes.shrink_to(1 << 16);
        *self = Self {
            bytes,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(records: &[&str]) -> Arguments {
        let mut arguments = Arguments::default();
        for record in records {
            arguments.take(record.as_bytes());
        }
        arguments
    }

    #[test]
    fn arguments_come_in_records_and_pieces() {
        let all = read(&[
            " argc=4 a0=\"ls\" a1=\"\" a2_len=8 a2[0]=0A62",
            " a2[1]=FF64 a3_len=3 a3[0]=\"x\"",
            " a3[1]=\"yz\"",
        ]);
        assert!(all.whole());
        assert_eq!(all.bytes(), b"ls\0\0\nb\xffd\0xyz\0");
        assert!(read(&[" argc=0"]).whole());
    }

    #[test]
    fn what_was_lost_leaves_only_the_beginning() {
        let first = " argc=3 a0=\"a\" a1_len=4 a1[0]=41";
        for rest in [
            " a2=\"c\"",
            " a1[2]=42",
            " a1[1]=4",
            " a1[1]=424242",
            " b=1",
        ] {
            let cut = read(&[first, rest, " a2=\"c\""]);
            assert!(
                !cut.whole() && cut.any() && cut.bytes().starts_with(b"a\0"),
                "{rest}"
            );
        }
        assert!(!read(&[]).any());
    }
}
