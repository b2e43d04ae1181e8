//! The harness: plan, cells, cross-check, watch, selftest. The binary is [`cli`] and [`cmd`] over these;
//! figures come from the crate `scoring`, pages from the crate `report`.

pub mod cell;
pub mod cgroup;
pub mod cleanup;
pub mod cli;
pub mod cmd;
pub mod cross_check;
pub mod exit;
pub mod gate_render;
pub mod machine;
pub mod plan;
pub mod scorer;
pub mod select;
pub mod selftest;
pub mod sweep;
pub mod user;
pub mod version;
pub mod watch;
