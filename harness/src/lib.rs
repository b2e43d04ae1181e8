//! The harness: plan, cells, scores, reports. The binary is [`cli`] and [`cmd`] over these.

pub mod advise;
pub mod cell;
pub mod cgroup;
pub mod cleanup;
pub mod cli;
pub mod cmd;
pub mod escape;
pub mod exit;
pub mod gate;
pub mod machine;
pub mod numbers;
pub mod plan;
pub mod record;
pub mod report;
pub mod score;
pub mod select;
pub mod selftest;
pub mod stats;
pub mod sweep;
pub mod user;
pub mod watch;
