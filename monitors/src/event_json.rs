//! The event line: one event as one line of JSON. `harness watch --format json` writes it, and a
//! third-party tool may; docs/FORMAT.md says what it holds.
//!
//! Names come from programs that may be hostile. Whatever bytes they have, the line is one line of
//! plain, visible text that every JSON reader takes, and gives them back byte for byte: what does
//! not show as itself is a JSON escape, and a byte that is not UTF-8 is U+FFFD with two digits
//! behind it. A U+FFFD of the name's own is written as its three bytes, so nothing looks like an
//! escape that is none. A lone surrogate would do too, but there are readers that refuse such a
//! line, and a process could hide behind it; a backslash would double those of every regular
//! expression among the arguments.

mod mark;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{EventLine, read};
pub use write::write;
