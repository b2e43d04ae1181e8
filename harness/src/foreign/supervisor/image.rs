//! What a process is about to execute, as the kernel will see it: read while the process waits in the call.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use contract::Pid;

/// The calls take no longer string, and no more words than fit in its eighth of the stack.
const LONGEST: usize = 128 << 10;
const MOST: usize = 1 << 20;
/// So many interpreters of interpreters the kernel follows.
const DEEPEST: usize = 5;
/// So much of a file it looks at for one.
const LOOKED_AT: usize = 256;
/// execveat's.
const EXECVEAT: [i32; 3] = [322, 0x4000_0221, 281];
const EXECVEAT_32: [i32; 2] = [358, 387];
/// ABIs whose pointers have four bytes.
const NARROW: [u32; 2] = [0x4000_0003, 0x4000_0028];

/// What is executed if the call succeeds; what it cannot succeed with is none.
pub(super) struct Image {
    pub(super) pid: Pid,
    pub(super) exe: Vec<u8>,
    pub(super) argv: Vec<u8>,
}

impl Image {
    /// Of the thread `tid`, which waits in the call that `data` describes.
    pub(super) fn of(tid: Pid, data: &libc::seccomp_data) -> Option<Self> {
        let memory = Memory {
            file: File::open(format!("/proc/{tid}/mem")).ok()?,
            narrow: NARROW.contains(&data.arch),
        };
        let at = EXECVEAT.contains(&data.nr) && !memory.narrow
            || EXECVEAT_32.contains(&data.nr) && memory.narrow;
        let (path, words) = (data.args[usize::from(at)], data.args[usize::from(at) + 1]);
        let path = memory.string(path)?;
        let given = Given {
            tid,
            folder: at.then_some(data.args[0] as i32),
            empty: at && data.args[4] & libc::AT_EMPTY_PATH as u64 != 0,
        };
        let (exe, mut argv) = (given.file(&path)?, memory.words(words)?);
        if argv.is_empty() {
            // What the kernel makes of it, since 5.18.
            argv.push(Vec::new());
        }
        let (exe, argv) = interpreted(&given, exe, given.name(&path), argv)?;
        Some(Self {
            pid: process(tid)?,
            exe: exe.into_os_string().into_vec(),
            argv: contract::argv_bytes(argv),
        })
    }
}

/// Of a thread.
fn process(tid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("Tgid:"))?
        .trim()
        .parse()
        .ok()
}

/// How the call names its file.
struct Given {
    tid: Pid,
    /// Of execveat.
    folder: Option<i32>,
    empty: bool,
}

impl Given {
    /// The path in the mount namespace of the process, links followed; none of what may not be executed.
    fn file(&self, path: &[u8]) -> Option<PathBuf> {
        let proc = PathBuf::from(format!("/proc/{}", self.tid));
        let name = Path::new(std::ffi::OsStr::from_bytes(path));
        let start = match self.folder {
            _ if name.is_absolute() => proc.join("root"),
            Some(folder) if folder != libc::AT_FDCWD => proc.join(format!("fd/{folder}")),
            _ => proc.join("cwd"),
        };
        let file = match path.is_empty() {
            true if self.empty => start,
            true => return None,
            false => start.join(name.strip_prefix("/").unwrap_or(name)),
        };
        let opened = named(&file)?;
        let meta = opened.metadata().ok()?;
        (meta.is_file() && meta.mode() & 0o111 != 0).then_some(())?;
        Some(within(
            fs::read_link(format!("/proc/self/fd/{}", opened.as_raw_fd())).ok()?,
            &proc,
        ))
    }

    /// As it stands in the arguments of an interpreter.
    fn name(&self, path: &[u8]) -> Vec<u8> {
        match self.folder {
            Some(folder) if folder != libc::AT_FDCWD && !path.starts_with(b"/") => match path {
                [] => format!("/dev/fd/{folder}").into_bytes(),
                path => [format!("/dev/fd/{folder}/").as_bytes(), path].concat(),
            },
            _ => path.to_vec(),
        }
    }
}

/// Opened for its name and what it is alone: no program is held busy, and no right to read is asked for.
fn named(path: &Path) -> Option<File> {
    File::options()
        .read(true)
        .custom_flags(libc::O_PATH)
        .open(path)
        .ok()
}

/// A path as the process sees it: without what lies above its root.
fn within(path: PathBuf, proc: &Path) -> PathBuf {
    let root = fs::read_link(proc.join("root")).unwrap_or_else(|_| "/".into());
    match path.strip_prefix(&root) {
        Ok(inside) if root != Path::new("/") => Path::new("/").join(inside),
        _ => path,
    }
}

/// What runs in place of a script, and what it is called with.
fn interpreted(
    given: &Given,
    exe: PathBuf,
    name: Vec<u8>,
    argv: Vec<Vec<u8>>,
) -> Option<(PathBuf, Vec<Vec<u8>>)> {
    let (mut exe, mut name, mut argv) = (exe, name, argv);
    for _ in 0..=DEEPEST {
        let head = head(given, &exe)?;
        let Some(line) = head.strip_prefix(b"#!") else {
            // What is neither is refused with ENOEXEC, and a shell then tries to read it.
            return head.starts_with(b"\x7fELF").then_some((exe, argv));
        };
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = line.trim_ascii();
        let end = line
            .iter()
            .position(|byte| b" \t\0".contains(byte))
            .unwrap_or(line.len());
        let (interpreter, rest) = (line[..end].to_vec(), line[end..].trim_ascii());
        let mut words = vec![interpreter.clone()];
        words.extend((!rest.is_empty()).then(|| rest.to_vec()));
        words.push(name);
        words.extend(argv.into_iter().skip(1));
        let relative = Given {
            folder: None,
            empty: false,
            ..*given
        };
        (exe, name, argv) = (relative.file(&interpreter)?, interpreter, words);
    }
    None
}

/// The first bytes of a file that the process sees under this path.
fn head(given: &Given, path: &Path) -> Option<Vec<u8>> {
    let mut below = PathBuf::from(format!("/proc/{}/root", given.tid));
    below.extend(
        path.components()
            .filter(|part| matches!(part, Component::Normal(_))),
    );
    let named = OsString::from(" (deleted)");
    let file = match File::open(&below) {
        Ok(file) => file,
        // One that was deleted has no path any more.
        Err(_) if path.as_os_str().as_bytes().ends_with(named.as_bytes()) => {
            return Some(b"\x7fELF".to_vec());
        }
        Err(_) => return None,
    };
    let mut bytes = Vec::new();
    file.take(LOOKED_AT as u64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The memory of a process.
struct Memory {
    file: File,
    narrow: bool,
}

impl Memory {
    fn string(&self, at: u64) -> Option<Vec<u8>> {
        let (mut bytes, mut page) = (Vec::new(), [0; 4096]);
        while bytes.len() < LONGEST {
            let from = at + bytes.len() as u64;
            // Not beyond the page: the next may not be there.
            let room = 4096 - (from % 4096) as usize;
            let read = self
                .file
                .read_at(&mut page[..room], from)
                .ok()
                .filter(|read| *read > 0)?;
            if let Some(end) = page[..read].iter().position(|byte| *byte == 0) {
                bytes.extend_from_slice(&page[..end]);
                return Some(bytes);
            }
            bytes.extend_from_slice(&page[..read]);
        }
        None
    }

    fn words(&self, at: u64) -> Option<Vec<Vec<u8>>> {
        let mut words = Vec::new();
        let width = if self.narrow { 4 } else { 8 };
        while at != 0 && words.len() < MOST {
            let mut pointer = [0; 8];
            self.file
                .read_exact_at(&mut pointer[..width], at + (words.len() * width) as u64)
                .ok()?;
            match u64::from_le_bytes(pointer) {
                0 => break,
                word => words.push(self.string(word)?),
            }
        }
        Some(words)
    }
}
