//! What a missing file or a refused call says of the kernel, and what it does not: a reason that is guessed
//! sends its reader for another kernel where a mount or a limit is in the way.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use contract::Unavailable;
use nix::errno::Errno;

/// Why what the kernel shows as `path` is not there; `None` where it is. `config` is the kernel's setting
/// that it takes. Where the folder is not there either (a /proc with subset=pid, a masked /sys) or may
/// not be looked at, nothing is known of the kernel.
pub(crate) fn not_shown(path: &str, config: &str) -> Option<Unavailable> {
    let error = fs::metadata(path).err()?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("/"));
    if error.kind() == ErrorKind::NotFound && folder.is_dir() {
        let remedy = "use a kernel built with it, as those of the large distributions are";
        return Some(Unavailable::new(format!("a kernel with {config}"), remedy));
    }
    Some(unread(path, &error))
}

/// A file that tells whether this can run cannot be read.
pub(crate) fn unread(path: &str, error: &std::io::Error) -> Unavailable {
    let errno = Errno::from_raw(error.raw_os_error().unwrap_or_default());
    if matches!(errno, Errno::EMFILE | Errno::ENFILE) {
        return no_descriptor(path, errno, "");
    }
    let root = match path.starts_with("/sys/") {
        true => "sysfs on /sys",
        false => "proc on /proc, without subset=pid",
    };
    let remedy = format!("mount {root}, and let it be read");
    Unavailable::new(format!("{path}, which cannot be read ({error})"), remedy)
}

/// A right that this process lacks, as a text that may name several, and how to get it: `give` are the
/// capabilities to give. Root without them, as in a container, does not get them by being root.
pub(crate) fn no_right(what: impl Into<String>, give: &[&str]) -> Unavailable {
    if !nix::unistd::geteuid().is_root() {
        return Unavailable::new(what, "run as root");
    }
    let flags = give.iter().map(|one| format!(" --cap-add {one}"));
    let remedy = format!(
        "root has been denied it here: start the container with{}, or leave the program that took it away",
        flags.collect::<String>()
    );
    Unavailable::new(what, remedy)
}

/// Why the kernel gives no socket, or other descriptor, of a kind that takes `config`.
pub(crate) fn no_descriptor(what: &str, errno: Errno, config: &str) -> Unavailable {
    let (missing, remedy) = match errno {
        Errno::EMFILE => ("a free file descriptor", "raise ulimit -n, or close some"),
        Errno::ENFILE => (
            "a free file descriptor on this machine",
            "raise fs.file-max",
        ),
        Errno::ENOMEM | Errno::ENOBUFS => ("free kernel memory", "end what uses it"),
        Errno::EPERM | Errno::EACCES => (
            "the right to it",
            "run as root, and outside of what filters system calls (seccomp)",
        ),
        Errno::ENOSYS | Errno::EPROTONOSUPPORT | Errno::EAFNOSUPPORT | Errno::ESOCKTNOSUPPORT => {
            let missing = format!("a kernel with {config} ({what}: {errno})");
            return Unavailable::new(missing, "use a kernel built with it");
        }
        _ => ("what the kernel refuses", "see what its manual says of it"),
    };
    Unavailable::new(format!("{missing} ({what}: {errno})"), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_that_is_there_tells_that_a_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("there"), "").unwrap();
        assert_eq!(not_shown(&path("there"), "CONFIG_X=y"), None);
        let why = not_shown(&path("gone"), "CONFIG_X=y").unwrap().to_string();
        assert!(why.contains("a kernel with CONFIG_X=y"), "{why}");
        for hidden in [path("no/folder"), path("there/file")] {
            let why = not_shown(&hidden, "CONFIG_X=y").unwrap().to_string();
            assert!(why.contains(&hidden) && !why.contains("CONFIG"), "{why}");
        }
    }

    #[test]
    fn a_limit_is_not_a_kernel() {
        let why = |errno| no_descriptor("socket", errno, "CONFIG_X=y").to_string();
        assert!(why(Errno::EPROTONOSUPPORT).contains("CONFIG_X=y"));
        for errno in [Errno::EMFILE, Errno::ENFILE, Errno::EPERM, Errno::EIO] {
            assert!(!why(errno).contains("CONFIG"), "{}", why(errno));
        }
        assert!(why(Errno::EMFILE).contains("ulimit -n"));
        let full = std::io::Error::from_raw_os_error(libc::EMFILE);
        let why = unread("/proc/x", &full).to_string();
        assert!(why.contains("ulimit -n") && !why.contains("mount"), "{why}");
    }
}
