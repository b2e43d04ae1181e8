//! The fields that few monitors tell. They lie out of line, so that an event without them takes
//! nothing more.

use crate::field::Field;
use crate::spool::Malformed;

/// Set in the first byte of a value that is only the beginning (or the end) of a text.
const CUT: u8 = 0x80;

/// What is told of one of [`Field::DETAILS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An id, or a time in nanoseconds.
    Number(u64),
    /// A path or a name.
    Text {
        /// As far as it is told.
        bytes: &'a [u8],
        /// Whether it is only the beginning (or the end).
        cut: bool,
    },
}

impl Value<'_> {
    /// Whether it is known to be cut short.
    pub const fn is_cut(self) -> bool {
        matches!(self, Value::Text { cut: true, .. })
    }
}

/// What is told of an event beside [`crate::Fields`], in the order of [`Field::ALL`]: of each the
/// number of the field in one byte (and 128 where it is cut), then eight bytes of a number, or two of
/// a length and a text. Numbers are little-endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details<'a>(&'a [u8]);

impl<'a> Details<'a> {
    /// Those in `bytes`, which must be nothing else.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (mut rest, mut last) = (bytes, None);
        while !rest.is_empty() {
            let one = split(rest).filter(|(field, _, _)| last < Some(*field));
            let (field, _, after) =
                one.ok_or_else(|| Malformed("the details of an event are no details".into()))?;
            (rest, last) = (after, Some(field));
        }
        Ok(Self(bytes))
    }

    /// Those that an arena keeps.
    pub(crate) const fn kept(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is told.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// What [`Details::read`] reads.
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// What is told of `field`.
    pub fn get(self, field: Field) -> Option<Value<'a>> {
        self.iter().find(|(of, _)| *of == field).map(|one| one.1)
    }

    /// The same of a field that is a number.
    pub fn number(self, field: Field) -> Option<u64> {
        match self.get(field)? {
            Value::Number(number) => Some(number),
            Value::Text { .. } => None,
        }
    }

    /// All that is told.
    pub fn iter(self) -> impl Iterator<Item = (Field, Value<'a>)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (field, value, after) = split(rest)?;
            rest = after;
            Some((field, value))
        })
    }
}

fn split(bytes: &[u8]) -> Option<(Field, Value<'_>, &[u8])> {
    let (&head, rest) = bytes.split_first()?;
    let field = *Field::ALL.get(usize::from(head & !CUT))?;
    if !Field::DETAILS.contains(&field) {
        return None;
    }
    if field.is_text() {
        let (length, rest) = rest.split_first_chunk()?;
        let (bytes, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let cut = head & CUT != 0;
        return Some((field, Value::Text { bytes, cut }, rest));
    }
    let (number, rest) = rest.split_first_chunk()?;
    (head & CUT == 0).then_some((field, Value::Number(u64::from_le_bytes(*number)), rest))
}

/// Where a decoder puts the details of one event together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetailsBuf(Vec<u8>);

impl DetailsBuf {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds one. Fields come in the order of [`Field::ALL`], each once; a text of 64 KiB and more is
    /// cut.
    pub fn put(&mut self, field: Field, value: Value<'_>) {
        match value {
            Value::Number(number) => {
                self.0.push(field as u8);
                self.0.extend(number.to_le_bytes());
            }
            Value::Text { bytes, cut } => {
                let kept = &bytes[..bytes.len().min(usize::from(u16::MAX))];
                let cut = cut || kept.len() < bytes.len();
                self.0.push(field as u8 | if cut { CUT } else { 0 });
                self.0.extend((kept.len() as u16).to_le_bytes());
                self.0.extend(kept);
            }
        }
    }

    /// Adds a number.
    pub fn number(&mut self, field: Field, number: impl Into<u64>) {
        self.put(field, Value::Number(number.into()));
    }

    /// Adds a text that is whole.
    pub fn text(&mut self, field: Field, bytes: &[u8]) {
        self.put(field, Value::Text { bytes, cut: false });
    }

    /// Adds those of `more` that are not there yet.
    pub fn add(&mut self, more: Details<'_>) {
        let mut both = Self::default();
        for field in Field::DETAILS {
            let value = self.details().get(field).or_else(|| more.get(field));
            if let Some(value) = value {
                both.put(field, value);
            }
        }
        *self = both;
    }

    /// All of them.
    pub fn details(&self) -> Details<'_> {
        Details(&self.0)
    }
}

#[cfg(test)]
mod tests;
