//! Builds the programs that workloads execute, so that the one binary contains them.
//!
//! A variant that this machine cannot build (no static C library, for example) is left out, and its
//! workloads are unavailable; a missing C compiler is an error.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, anyhow, bail};

const PROGRAMS: [(&str, &[&str]); 14] = [
    ("leaf", &["dynamic", "static", "nolibc"]),
    ("launch", &["dynamic", "static", "nolibc"]),
    ("bomb", &["dynamic", "nolibc"]),
    ("paced", &["dynamic", "nolibc"]),
    ("pipeline", &["dynamic"]),
    ("readiness_probe", &["dynamic", "static"]),
    ("sleepers", &["dynamic"]),
    ("target", &["dynamic", "static", "nolibc"]),
    ("received", &["dynamic"]),
    ("target32", &["i386"]),
    ("syscalls32", &["nolibc"]),
    ("tell", &["dynamic"]),
    ("fields", &["dynamic"]),
    ("containers", &["dynamic"]),
];
/// Each program in it is a driver of the model `case`.
const CASES: &str = "programs/case";

/// A variant of a program.
struct Job {
    source: PathBuf,
    variant: &'static str,
    /// Of the file that is installed.
    name: String,
}

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=programs");
    println!("cargo:rerun-if-changed=definitions");
    let out = PathBuf::from(env::var_os("OUT_DIR").context("OUT_DIR is not set: run by cargo")?);
    let cases = files(Path::new(CASES), "c")?;
    let jobs: Vec<_> = variants()
        .chain(cases.iter().map(|path| case(path)))
        .collect();
    let mut table = String::from("&[\n");
    for (job, built) in jobs.iter().zip(build_all(&jobs, &out)?) {
        let bytes = built.map_or("None".into(), |path| {
            format!("Some(include_bytes!({path:?}))")
        });
        writeln!(
            table,
            "    Embedded {{ name: {:?}, bytes: {bytes} }},",
            job.name
        )?;
    }
    table.push_str("]\n");
    fs::write(out.join("programs.rs"), table)?;
    let names: Vec<_> = cases.iter().map(|path| stem(path)).collect();
    fs::write(out.join("cases.rs"), format!("&{names:?}"))?;
    embed_definitions(&out)
}

fn variants() -> impl Iterator<Item = Job> {
    let job = |program: &str, variant| Job {
        source: format!("programs/{program}.c").into(),
        variant,
        name: format!("{program}-{variant}"),
    };
    PROGRAMS.into_iter().flat_map(move |(program, variants)| {
        variants.iter().map(move |variant| job(program, variant))
    })
}

fn case(path: &Path) -> Job {
    Job {
        source: path.to_owned(),
        variant: "dynamic",
        name: format!("case-{}", stem(path)),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// There are many and they are small, so the compilers run side by side.
fn build_all(jobs: &[Job], out: &Path) -> Result<Vec<Option<PathBuf>>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = jobs.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = jobs
            .chunks(share)
            .map(|jobs| {
                scope.spawn(|| {
                    jobs.iter()
                        .map(|job| build(job, out))
                        .collect::<Result<Vec<_>>>()
                })
            })
            .collect();
        let mut built = Vec::new();
        for thread in threads {
            built.extend(
                thread
                    .join()
                    .map_err(|_| anyhow!("a compiler's thread panicked"))??,
            );
        }
        Ok(built)
    })
}

/// The path of what was built; `None` when this variant cannot be built here.
fn build(job: &Job, out: &Path) -> Result<Option<PathBuf>> {
    let to = out.join(&job.name);
    let mut command = compiler()?;
    command
        .args(flags(job.variant))
        .arg("-Iprograms")
        .arg("-o")
        .arg(&to);
    command.arg(&job.source);
    let done = command
        .output()
        .with_context(|| format!("{command:?}: cannot be run: install a C compiler (cc)"))?;
    if done.status.success() {
        return Ok(Some(to));
    }
    let errors = String::from_utf8_lossy(&done.stderr);
    if job.variant == "dynamic" {
        bail!("{command:?}: {errors}\ninstall a C compiler (cc) and the C library's headers");
    }
    let first = errors.lines().next().unwrap_or("no reason given");
    println!("cargo:warning={} is left out: {first}", job.name);
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
                // gcc would turn a copying loop into a call of memcpy, which does not exist here.
                "-fno-tree-loop-distribute-patterns",
                "-Wl,--build-id=none",
            ];
            if arch == "aarch64" {
                flags.push("-mno-outline-atomics");
            }
            flags
        }
        "i386" => vec![
            "-m32",
            "-static",
            "-nostdlib",
            "-ffreestanding",
            "-fno-pie",
            "-no-pie",
        ],
        // Every symbol is bound at start-up, as distributions link their programs: else each child of
        // a fork bomb would bind the few calls that only the ledger makes, in memory it must copy first.
        _ => vec!["-D_GNU_SOURCE", "-pthread", "-Wl,-z,now"],
    }
}

/// The files with this extension in a folder and the folders in it, by name.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("{}: cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|ends| ends == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn embed_definitions(out: &Path) -> Result<()> {
    let folder = Path::new("definitions");
    let mut table = String::from("&[\n");
    for path in files(folder, "toml")? {
        let name = path.strip_prefix(folder)?.to_string_lossy();
        writeln!(
            table,
            "    ({name:?}, include_str!({:?})),",
            fs::canonicalize(&path)?
        )?;
    }
    table.push_str("]\n");
    fs::write(out.join("definitions.rs"), table).context("definitions.rs: cannot be written")
}
