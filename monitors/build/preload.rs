//! The hook library of the `preload` monitor: C, because it must run inside any program, in a
//! signal handler or a vfork child, without a runtime of its own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

const DIR: &str = "src/preload/hook";
const SOURCES: [&str; 6] = ["ring.c", "reach.c", "look.c", "exec.c", "life.c", "vfork.S"];
const FLAGS: [&str; 12] = [
    "-shared",
    "-fPIC",
    "-O2",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-Werror",
    // Nothing may be looked up later, inside a signal handler or a vfork child.
    "-Wl,-z,now",
    // Every program loads it, and pays for each of its parts and pages: two parts, one of them a
    // single page, no start files. Without relro that page stays writable; the pointers in it
    // that matter (REAL in rollcall.h) are found after relro would have closed it.
    "-Wl,-z,noseparate-code",
    "-Wl,-z,norelro",
    "-Wl,--hash-style=gnu",
    "-nostartfiles",
];

/// Compiles the library to `OUT_DIR/preload.so`, and the program that tries it to `OUT_DIR/preload-trial`.
pub(crate) fn build() -> Result<()> {
    println!("cargo::rerun-if-changed={DIR}");
    println!("cargo::rerun-if-changed=build/preload.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").context("OUT_DIR: cargo sets it")?);
    let compiler = cc::Build::new().try_get_compiler().context(
        "no C compiler: install gcc or clang (Debian: apt install gcc libc6-dev), or set CC",
    )?;
    let mut command = compiler.to_command();
    command.args(FLAGS).arg("-o").arg(out.join("preload.so"));
    command.args(SOURCES.map(|source| Path::new(DIR).join(source)));
    run(command)?;
    let mut trial = compiler.to_command();
    trial.args(["-O2", "-Wall", "-Wextra", "-Werror", "-o"]);
    trial.arg(out.join("preload-trial"));
    trial.arg(Path::new(DIR).join("trial/trial.c"));
    run(trial)
}

fn run(mut command: Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?}: cannot be run, check CC"))?;
    if !status.success() {
        bail!("{command:?}: {status}; the compiler's own message is above");
    }
    Ok(())
}
