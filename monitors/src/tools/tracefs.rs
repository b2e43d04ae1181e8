//! What a tool sets in tracefs outlives it, and events that stay switched on slow everybody down. So
//! what it may set is written down in its folder beforehand and put back when it is gone. Where the
//! harness was killed too, the next one finds the folder and puts it back then.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use contract::Result;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;

use super::requirements::TRACEFS;

/// What is put back, in this order: recording goes on last.
const KEPT: [&str; 5] = [
    "set_event",
    "options/function-trace",
    "trace_clock",
    "buffer_size_kb",
    "tracing_on",
];
/// The file of a folder that holds them.
const FILE: &str = "tracefs.json";

type Settings = BTreeMap<String, String>;

/// Whether it is mounted where tools look for it.
pub(super) fn mounted() -> bool {
    Path::new(TRACEFS).join("events").exists()
}

/// For the calling thread, and what it starts, alone: the machine stays as it was found.
pub(super) fn mount_own() -> io::Result<()> {
    let (none, all) = (None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE);
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(none, "/", none, all, none)?;
    let (kind, plain) = (Some("tracefs"), MsFlags::empty());
    Ok(mount(none, TRACEFS, kind, plain, none)?)
}

/// The number by which perf_event_open(2) knows a tracepoint, such as `sched/sched_process_exec`.
pub(crate) fn tracepoint(name: &str) -> Result<u64> {
    let path = Path::new(TRACEFS).join("events").join(name).join("id");
    inside(|| {
        let text = fs::read_to_string(&path);
        let text = text.map_err(|e| format!("{}: {e}: run it as root", path.display()))?;
        let number = text.trim().parse();
        number.map_err(|_| format!("{}: '{text}' is no number", path.display()).into())
    })
}

/// Writes the settings down in `dir`.
pub(super) fn keep(dir: &Path) -> Result<()> {
    let text = serde_json::to_string(&inside(settings)?)?;
    let path = dir.join(FILE);
    fs::write(&path, text).map_err(|e| {
        format!(
            "{}: {e}: set TMPDIR to a folder with space left",
            path.display()
        )
        .into()
    })
}

/// Puts back what is not as it is written down in `dir`; whether there was anything. Nothing is
/// believed that another process wrote.
pub(super) fn put_back(dir: &Path) -> Result<bool> {
    let owned = fs::symlink_metadata(dir).is_ok_and(|dir| dir.uid() == geteuid().as_raw());
    let text = fs::read(dir.join(FILE)).unwrap_or_default();
    // One that is not whole was being written when its maker was killed: no tool had begun yet.
    let kept = serde_json::from_slice::<Settings>(&text).ok();
    let Some(kept) = kept.filter(|_| owned) else {
        return Ok(false);
    };
    inside(|| {
        let now = settings()?;
        let mut any = false;
        for name in KEPT {
            if let Some(was) = kept.get(name).filter(|was| now.get(name) != Some(*was)) {
                set(name, was)?;
                any = true;
            }
        }
        Ok(any)
    })
}

/// Runs `work` where tracefs is to be seen.
fn inside<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    if mounted() {
        return work();
    }
    // A thread, because its own view of what is mounted goes away with it.
    let alone = || {
        mount_own().map_err(|e| format!("{TRACEFS}: {e}: mount tracefs there"))?;
        work()
    };
    let done = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, alone);
        thread.map(std::thread::ScopedJoinHandle::join)
    });
    let done = done.map_err(|why| {
        format!("a thread cannot be started: {why}: raise the limit on processes")
    })?;
    done.map_err(|_| "a thread ended before its time: this is a bug, please report it")?
}

/// Those that this kernel has.
fn settings() -> Result<Settings> {
    let mut found = Settings::new();
    for name in KEPT {
        match fs::read_to_string(Path::new(TRACEFS).join(name)) {
            Ok(text) => found.insert(name.to_owned(), value(name, &text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("{TRACEFS}/{name}: {error}: run it as root").into()),
        };
    }
    Ok(found)
}

/// What has to be written to have what `text` says.
fn value(name: &str, text: &str) -> String {
    let between = |open, close| Some(text.split_once(open)?.1.split_once(close)?.0);
    let said = match name {
        // "[local] global counter"
        "trace_clock" => between("[", "]"),
        // "7 (expanded: 1408)": what it is as soon as it is used.
        "buffer_size_kb" => between("expanded: ", ")"),
        _ => None,
    };
    said.unwrap_or(text.trim_end()).to_owned()
}

fn set(name: &str, value: &str) -> Result<()> {
    let path = Path::new(TRACEFS).join(name);
    let failed = |e: io::Error| format!("{}: {e}: write '{value}' to it", path.display());
    // Events are added to those that are there, unless the file is opened anew.
    fs::write(&path, format!("{value}\n")).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_becomes_what_it_wants_to_be_told() {
        let clocks = "local global [mono] mono_raw\n";
        assert_eq!(value("trace_clock", clocks), "mono");
        assert_eq!(value("buffer_size_kb", "7 (expanded: 1408)\n"), "1408");
        assert_eq!(value("buffer_size_kb", "16387\n"), "16387");
        assert_eq!(value("set_event", "sched:a\nsched:b\n"), "sched:a\nsched:b");
    }
}
