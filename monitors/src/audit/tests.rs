//! Against recorded records, and as root against the kernel.

mod live;
mod recorded;
mod support;
