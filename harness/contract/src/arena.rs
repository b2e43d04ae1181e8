use std::num::{NonZeroU32, NonZeroU64};

use crate::details::Details;

const LENGTH_BITS: u32 = 24;
const LONGEST: usize = (1 << LENGTH_BITS) - 1;

/// Where the bytes of one field lie in an [`Arena`].
///
/// Offset and length share one word (40 and 24 bits) so that `Option<Span>` is eight bytes: ten
/// million events are paired in memory, and two pointers and two lengths for each would double
/// what they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(NonZeroU64);

impl Span {
    fn new(offset: usize, length: usize) -> Self {
        let word = ((offset as u64) << LENGTH_BITS | length as u64) + 1;
        Self(NonZeroU64::new(word).unwrap_or(NonZeroU64::MIN))
    }

    fn range(self) -> std::ops::Range<usize> {
        let word = self.0.get() - 1;
        let offset = (word >> LENGTH_BITS) as usize;
        offset..offset + (word as usize & LONGEST)
    }
}

/// Which [`Details`] of an [`Arena`]. It fits into what alignment leaves empty in
/// [`crate::Fields`], and many events may share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetailsId(NonZeroU32);

/// The bytes of many fields, end to end.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    bytes: Vec<u8>,
    details: Vec<Span>,
}

impl Arena {
    /// Keeps a copy of `bytes`; what is longer than 16 MiB (no argv the kernel accepts is) is cut.
    pub fn push(&mut self, bytes: &[u8]) -> Span {
        let bytes = &bytes[..bytes.len().min(LONGEST)];
        let span = Span::new(self.bytes.len(), bytes.len());
        self.bytes.extend_from_slice(bytes);
        span
    }

    /// Keeps a copy of `details`; `None` of none, and where four billion are kept already.
    pub fn push_details(&mut self, details: Details<'_>) -> Option<DetailsId> {
        if details.is_empty() {
            return None;
        }
        let number = u32::try_from(self.details.len() + 1).ok()?;
        let span = self.push(details.bytes());
        self.details.push(span);
        NonZeroU32::new(number).map(DetailsId)
    }

    /// The details behind `id`; none where it is `None` or another arena's.
    pub fn details(&self, id: Option<DetailsId>) -> Details<'_> {
        let span = id.and_then(|id| self.details.get(id.0.get() as usize - 1));
        Details::kept(span.map_or(&[], |span| self.get(*span)))
    }

    /// The bytes behind `span`; empty when the span is another arena's.
    pub fn get(&self, span: Span) -> &[u8] {
        self.bytes.get(span.range()).unwrap_or_default()
    }

    /// How many bytes are kept.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets everything; spans given out before are void.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.details.clear();
    }
}

/// An argv as its fields keep it: each argument followed by one NUL, so that no argument (no bytes)
/// and one empty argument (one NUL) differ, and no argument can be mistaken for two.
pub fn argv_bytes<I, A>(arguments: I) -> Vec<u8>
where
    I: IntoIterator<Item = A>,
    A: AsRef<[u8]>,
{
    let mut bytes = Vec::new();
    for argument in arguments {
        bytes.extend_from_slice(argument.as_ref());
        bytes.push(0);
    }
    bytes
}

/// The arguments in what [`argv_bytes`] made; a last argument cut short of its NUL counts too.
pub fn split_argv(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let body = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    body.split(|&byte| byte == 0)
        .take(if bytes.is_empty() { 0 } else { usize::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argv_keeps_none_empty_and_one_empty_apart() {
        for arguments in [&[][..], &[""], &["", ""], &["a"], &["a", "", "b c\n"]] {
            let bytes = argv_bytes(arguments);
            let back: Vec<_> = split_argv(&bytes).collect();
            assert_eq!(
                back,
                arguments.iter().map(|a| a.as_bytes()).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn a_span_is_eight_bytes_also_when_optional() {
        assert_eq!(size_of::<Option<Span>>(), 8);
        let mut arena = Arena::default();
        let (empty, full) = (arena.push(b""), arena.push(b"/bin/true"));
        assert_eq!(
            (arena.get(empty), arena.get(full)),
            (&b""[..], &b"/bin/true"[..])
        );
    }
}
