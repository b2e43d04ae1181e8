//! The BPF object of the `ebpf` monitor: compiled when there is a clang, else the committed one,
//! which CI holds to be the same (`scripts/check-bpf`). With only Rust and a C compiler this
//! monitor is there too.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result};

const SCRIPT: &str = "../scripts/build-bpf";
const SOURCE: &str = "src/ebpf/probe.bpf.c";
const PARTS: [&str; 4] = [
    "src/ebpf/kernel.bpf.h",
    "src/ebpf/path.bpf.h",
    "src/ebpf/details.bpf.h",
    "src/ebpf/lsm.bpf.h",
];
const COMMITTED: &str = "src/ebpf/probe.bpf.o";

/// Puts `probe.bpf.o` into OUT_DIR.
pub(crate) fn build() -> Result<()> {
    for file in [SCRIPT, SOURCE, COMMITTED].iter().chain(&PARTS) {
        println!("cargo::rerun-if-changed={file}");
    }
    for variable in ["CLANG", "LLVM_STRIP"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").context("OUT_DIR: cargo sets it")?);
    let object = out.join("probe.bpf.o");
    if compile(&object)? {
        return Ok(());
    }
    fs::copy(COMMITTED, &object)
        .with_context(|| format!("{COMMITTED}: cannot be copied; restore it with git checkout"))?;
    Ok(())
}

/// Whether clang made it. A clang that cannot (too old, or without the bpf target) is as good as
/// none, but there is a warning.
fn compile(object: &Path) -> Result<bool> {
    let clang = env::var("CLANG").unwrap_or_else(|_| "clang".into());
    let mut probe = Command::new(&clang);
    probe
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) || !Path::new(SCRIPT).exists() {
        return Ok(false);
    }
    let made = Command::new("sh")
        .arg(SCRIPT)
        .arg(object)
        .output()
        .with_context(|| format!("{SCRIPT}: cannot be run"))?;
    if !made.status.success() {
        let why = String::from_utf8_lossy(&made.stderr);
        let why = why.lines().next().unwrap_or("no reason given");
        println!(
            "cargo::warning={clang} cannot build {SOURCE} ({why}): the committed object is used"
        );
    }
    Ok(made.status.success())
}
