//! Against recorded records, and as root against the kernel.

mod live;
mod machines;
mod recorded;
mod support;
