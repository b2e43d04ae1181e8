//! The harness: plan, cells, cross-check, sweeps, watch, selftest. The binary is [`cli`] over these;
//! figures come from the crate `scoring`, pages from the crate `report`.

mod buffer_sizes;
mod calibrate;
mod cell;
mod cgroup;
mod cleanup;
pub mod cli;
mod cmd;
pub mod cross_check;
pub mod exit;
mod experiment;
mod foreign;
mod gate_render;
mod lock;
mod machine;
mod measure;
mod output;
mod plan;
mod progress;
mod scorer;
mod select;
mod selftest;
mod setup;
mod sweep;
mod user;
mod version;
mod watch;
