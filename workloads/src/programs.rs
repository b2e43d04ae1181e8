//! The programs inside this binary.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use contract::{Result, Script, Unavailable, no_loader};

/// A program that build.rs built, or could not build.
struct Embedded {
    name: &'static str,
    bytes: Option<&'static [u8]>,
}

/// The variants of the program that only starts and ends.
const READINESS_PROBE: [&str; 2] = ["readiness_probe-dynamic", "readiness_probe-static"];

const PROGRAMS: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// The program among the installed ones that only starts and ends: a library can be preloaded into it, where
/// this machine has a loader at all.
pub fn readiness_probe() -> &'static str {
    let [dynamic, fixed] = READINESS_PROBE;
    let bytes = |name| PROGRAMS.iter().find(|known| known.name == name)?.bytes;
    let lacks = bytes(dynamic).and_then(no_loader).is_some();
    match lacks && bytes(fixed).is_some() {
        true => fixed,
        false => dynamic,
    }
}

/// A folder beside the programs in which every user may create files and execute them.
pub(crate) const SCRATCH: &str = "scratch";
/// This program is installed a second time, as one that runs as another user.
const SET_USER_ID: (&str, &str) = ("target-dynamic", "target-set-user-id");
/// That user, which owns nothing else. Run by itself such a program gains nothing, so no workload may be this user.
pub const OWNER_OF_SET_USER_ID: u32 = 65533;

/// Writes every program into `dir`, which it makes where necessary, executable for every user.
pub fn install(dir: &Path) -> Result<()> {
    let failed = |path: &Path, why: std::io::Error| {
        format!("{}: {why}: use a writable folder", path.display())
    };
    fs::create_dir_all(dir).map_err(|why| failed(dir, why))?;
    for program in PROGRAMS {
        let path = dir.join(program.name);
        if let Some(bytes) = program.bytes {
            write(&path, bytes).map_err(|why| failed(&path, why))?;
        }
    }
    let scratch = dir.join(SCRATCH);
    fs::create_dir_all(&scratch).map_err(|why| failed(&scratch, why))?;
    fs::set_permissions(&scratch, fs::Permissions::from_mode(0o1777))
        .map_err(|why| failed(&scratch, why))?;
    if nix::unistd::geteuid().is_root() {
        let (from, to) = (dir.join(SET_USER_ID.0), dir.join(SET_USER_ID.1));
        match install_set_user_id(&from, &to) {
            // Without CAP_CHOWN, or in a user namespace that does not have this user: the one case that
            // needs it finds no file, and says so.
            Err(why) if matches!(why.raw_os_error(), Some(libc::EPERM | libc::EINVAL)) => {
                fs::remove_file(&to).map_err(|why| failed(&to, why))?;
            }
            installed => installed.map_err(|why| failed(&to, why))?,
        }
    }
    Ok(())
}

/// A copy that belongs to [`OWNER_OF_SET_USER_ID`] and runs as it. Only root can make one.
fn install_set_user_id(from: &Path, to: &Path) -> std::io::Result<()> {
    write(to, &fs::read(from)?)?;
    std::os::unix::fs::chown(to, Some(OWNER_OF_SET_USER_ID), Some(OWNER_OF_SET_USER_ID))?;
    // After the change of owner, which takes the bit away.
    fs::set_permissions(to, fs::Permissions::from_mode(0o4755))
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A program that still runs cannot be written to, but its name can be reused.
    if let Err(why) = fs::remove_file(path)
        && why.kind() != std::io::ErrorKind::NotFound
    {
        return Err(why);
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o755)
        .open(path)?;
    file.write_all(bytes)?;
    // Whatever the umask says.
    file.set_permissions(fs::Permissions::from_mode(0o755))
}

/// Why the programs of `script` cannot run here; `None` when they can.
pub(crate) fn unavailable(script: &Script) -> Option<Unavailable> {
    script.programs.iter().find_map(|program| {
        let name = program.exe.file_name()?.to_str()?;
        match PROGRAMS.iter().find(|known| known.name == name) {
            Some(Embedded {
                bytes: Some(bytes), ..
            }) => no_loader(bytes),
            Some(_) => Some(not_built(name)),
            None => no_file(&program.exe),
        }
    })
}

fn not_built(name: &str) -> Unavailable {
    let (missing, remedy) = if name.ends_with("-static") {
        let remedy =
            "install it (glibc-static, or libc6-dev where it is part of that) and build again";
        ("a static C library when the harness is built", remedy)
    } else {
        let remedy = "measure on such a machine, with a binary built there";
        ("an x86_64 or aarch64 machine", remedy)
    };
    Unavailable::new(format!("{missing}, for {name}"), remedy)
}

fn no_file(exe: &Path) -> Option<Unavailable> {
    let missing = !exe.exists();
    missing.then(|| Unavailable::new(exe.display().to_string(), "install a POSIX shell"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_of_each_variant_is_found() {
        for program in PROGRAMS {
            let loader = program.bytes.and_then(contract::loader);
            assert_eq!(
                loader.is_some(),
                program.name.ends_with("-dynamic") || program.name.starts_with("case-"),
                "{}",
                program.name
            );
        }
    }

    /// Of each segment that is loaded into memory: its bytes in the file, and in memory.
    fn loaded(elf: &[u8]) -> Vec<(u64, u64)> {
        const LOAD: u64 = 1;
        let wide = elf[4] == 2;
        let number = |at: usize, size| {
            let bytes = elf[at..at + size].iter().rev();
            bytes.fold(0, |sum, &byte| sum << 8 | u64::from(byte))
        };
        let (table, entry, count, sizes, word) = match wide {
            true => (number(32, 8), number(54, 2), number(56, 2), 32, 8),
            false => (number(28, 4), number(42, 2), number(44, 2), 16, 4),
        };
        let headers = (0..count).map(|index| (table + index * entry) as usize);
        let headers = headers.filter(|&at| number(at, 4) == LOAD);
        headers
            .map(|at| (number(at + sizes, word), number(at + sizes + word, word)))
            .collect()
    }

    /// Kernels such as 5.10 cannot load one without: the exec ends in SIGSEGV where the file is too short.
    #[test]
    fn every_segment_has_bytes_in_the_file() {
        let mut walked = 0;
        for program in PROGRAMS {
            for (in_file, in_memory) in program.bytes.map(loaded).unwrap_or_default() {
                let name = program.name;
                assert!(
                    in_file > 0 && in_memory >= in_file,
                    "{name}: {in_file} {in_memory}"
                );
                walked += 1;
            }
        }
        assert!(walked >= PROGRAMS.len(), "{walked} segments");
    }

    #[test]
    fn bytes_that_are_no_program_have_no_loader() {
        for program in PROGRAMS.iter().filter_map(|program| program.bytes) {
            for length in (0..program.len()).step_by(97) {
                let _ = contract::loader(&program[..length]);
            }
        }
        assert_eq!(contract::loader(&[0xff; 200]), None);
    }
}
