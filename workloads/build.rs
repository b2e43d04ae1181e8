//! Builds the programs that workloads execute, so that they are inside the one binary.
//!
//! A variant that this machine cannot build (no static C library, say) is left out and its
//! workloads say so; only without any C compiler is there nothing to be done.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};

const PROGRAMS: [(&str, &[&str]); 6] = [
    ("leaf", &["dynamic", "static", "nolibc"]),
    ("launch", &["dynamic", "static", "nolibc"]),
    ("bomb", &["dynamic", "nolibc"]),
    ("paced", &["dynamic", "nolibc"]),
    ("pipeline", &["dynamic"]),
    ("sentinel", &["dynamic"]),
];

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=programs");
    println!("cargo:rerun-if-changed=definitions");
    let out = PathBuf::from(env::var_os("OUT_DIR").context("OUT_DIR is not set: run by cargo")?);
    let mut table = String::from("&[\n");
    for (program, variants) in PROGRAMS {
        for &variant in variants {
            let bytes = build(program, variant, &out)?;
            let bytes = bytes.map_or("None".into(), |path| {
                format!("Some(include_bytes!({path:?}))")
            });
            let name = format!("{program}-{variant}");
            writeln!(table, "    Embedded {{ name: {name:?}, bytes: {bytes} }},")?;
        }
    }
    table.push_str("]\n");
    fs::write(out.join("programs.rs"), table)?;
    embed_definitions(&out)
}

/// The path of what was built, or nothing when this variant cannot be built here.
fn build(program: &str, variant: &str, out: &Path) -> Result<Option<PathBuf>> {
    let to = out.join(format!("{program}-{variant}"));
    let mut command = compiler()?;
    command.args(flags(variant)).arg("-o").arg(&to);
    command.arg(format!("programs/{program}.c"));
    let done = command
        .output()
        .with_context(|| format!("{command:?}: cannot be run: install a C compiler (cc)"))?;
    if done.status.success() {
        return Ok(Some(to));
    }
    let said = String::from_utf8_lossy(&done.stderr);
    if variant == "dynamic" {
        bail!("{command:?}: {said}\ninstall a C compiler (cc) and the C library's headers");
    }
    let first = said.lines().next().unwrap_or("no reason given");
    println!("cargo:warning={program}-{variant} is left out: {first}");
    Ok(None)
}

fn compiler() -> Result<Command> {
    let compiler = cc::Build::new()
        .opt_level(2)
        .debug(false)
        .warnings(true)
        .try_get_compiler()
        .context("no C compiler was found: install one (cc)")?;
    Ok(compiler.to_command())
}

fn flags(variant: &str) -> Vec<&'static str> {
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    match variant {
        "static" => vec!["-D_GNU_SOURCE", "-static"],
        "nolibc" => {
            let mut flags = vec![
                "-DNOLIBC",
                "-static",
                "-nostdlib",
                "-ffreestanding",
                "-fno-pie",
                "-no-pie",
                "-fno-stack-protector",
                "-fno-asynchronous-unwind-tables",
                // gcc would turn a copying loop into a call of memcpy, which nobody provides.
                "-fno-tree-loop-distribute-patterns",
                "-Wl,--build-id=none",
            ];
            if arch == "aarch64" {
                flags.push("-mno-outline-atomics");
            }
            flags
        }
        // Every name is looked up at the start, as distributions link their programs: else each
        // child of a fork bomb would look up, for itself and in memory it must copy first, the few
        // calls that only the ledger makes.
        _ => vec!["-D_GNU_SOURCE", "-Wl,-z,now"],
    }
}

fn embed_definitions(out: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir("definitions").context("definitions: cannot be read")? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            names.push(fs::canonicalize(path)?);
        }
    }
    names.sort();
    let mut table = String::from("&[\n");
    for path in names {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        writeln!(table, "    ({name:?}, include_str!({path:?})),")?;
    }
    table.push_str("]\n");
    fs::write(out.join("definitions.rs"), table).context("definitions.rs: cannot be written")
}
