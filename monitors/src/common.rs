//! What several monitors share.

pub mod clock;
pub(crate) mod cpus;
pub mod descendants;
pub mod host_lock;
pub(crate) mod hotplug;
pub(crate) mod lookup_codec;
pub(crate) mod mmap;
pub(crate) mod namespaces;
pub(crate) mod netlink_socket;
pub mod owned_dir;
pub(crate) mod perf_event;
pub(crate) mod proc_details;
pub(crate) mod proc_lookup;
pub(crate) mod process_stat;
pub(crate) mod reasons;
pub(crate) mod recv_batch;
pub(crate) mod slurp;
pub(crate) mod snapshot;
pub(crate) mod thread_group;
