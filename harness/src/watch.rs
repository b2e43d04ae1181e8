//! One monitor live: capture, decoding and writing at once, in one process.
//!
//! The capture hands each frame to [`Live`], which decodes it, filters it and puts it into words on
//! the capture's own thread: that costs less than handing it to another one would, and the sources
//! have queues of their own for the time it takes. Only a reader that does not keep up is left to a
//! thread ([`Outbox`]), for the capture must never wait: audit would make the machine wait with it.

mod answers;
mod filter;
mod held;
mod pipeline;
mod process_table;
mod pulse;
mod recent;
mod table;
mod teller;
mod writer;

pub(crate) use answers::unanswerable;
pub(crate) use filter::{Asked, Filter, Wanted};
pub(crate) use pipeline::{Form, Live, Shared, summary};
pub(crate) use process_table::{now, user};
pub(crate) use pulse::{Pulse, listen};
pub(crate) use table::{Table, local};
pub(crate) use writer::{Delivery, End, Outbox};
