//! Runs captures inside a test, as the harness does in a process of its own.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use contract::{
    Counters, EventLog, Kind, Monitor, Options, Session, Spool, SpoolReader, split_argv,
};

pub(crate) type Env = [(String, String)];

/// What a program needs to be watched, and the spool so far.
pub(crate) struct Watch<'a>(pub(crate) &'a Env, File);

impl Watch<'_> {
    /// Waits until the events told so far are as `done` wants them.
    pub(crate) fn until(&self, done: impl Fn(&EventLog) -> bool) {
        use std::os::unix::fs::FileExt;
        let begun = std::time::Instant::now();
        loop {
            let mut bytes = vec![0; self.1.metadata().unwrap().len() as usize];
            self.1.read_exact_at(&mut bytes, 0).unwrap();
            let (mut journal, mut decoder) = (EventLog::default(), monitor().decoder());
            let mut reader = SpoolReader::new(&bytes[..]);
            while let Some(frame) = reader.next_frame().unwrap() {
                decoder.frame(frame, &mut journal).unwrap();
            }
            if done(&journal) {
                return;
            }
            assert!(begun.elapsed().as_secs() < 20, "{:#?}", lines(&journal));
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

pub(crate) struct Watched<T> {
    pub(crate) value: T,
    pub(crate) journal: EventLog,
    pub(crate) counters: Counters,
    pub(crate) spool: Vec<u8>,
}

impl<T> Watched<T> {
    pub(crate) fn lines(&self) -> Vec<String> {
        lines(&self.journal)
    }
}

/// Every event in the words of caller.c.
pub(crate) fn lines(journal: &EventLog) -> Vec<String> {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or(b"?")).into_owned();
    let line = |event| {
        let report = journal.report(event);
        let (pid, ppid) = (report.pid, report.ppid.unwrap_or(0));
        assert!(report.happened <= report.received);
        match report.kind {
            Kind::Fork => format!("fork {pid} {ppid}"),
            Kind::Exit => format!("exit {pid} {}", report.status.unwrap() >> 8),
            Kind::Exec => {
                let words = report.argv.map(|argv| {
                    split_argv(argv)
                        .map(|word| text(Some(word)) + "|")
                        .collect::<String>()
                });
                format!(
                    "exec {pid} {ppid} {} {}",
                    text(report.exe),
                    words.unwrap_or("?".into())
                )
            }
        }
    };
    journal.events.iter().map(line).collect()
}

fn monitor() -> &'static dyn Monitor {
    monitors::find("preload").unwrap()
}

/// Captures while `work` runs.
pub(crate) fn try_capture<T: Send>(
    ring: &str,
    work: impl FnOnce(&Watch<'_>) -> T + Send,
) -> contract::Result<Watched<T>> {
    let options = Options::new("preload", monitor().options(), [("ring", ring)])?;
    let dir = tempfile::tempdir()?;
    let mut file = tempfile::tempfile()?;
    let (stop, stopper) = std::os::unix::net::UnixStream::pair()?;
    let (ready, started) = std::sync::mpsc::channel();
    let (counters, value) = std::thread::scope(|scope| {
        let spool = Spool::new(file.try_clone()?)?;
        let spooled = file.try_clone()?;
        let worker = scope.spawn(move || {
            let env: Vec<(String, String)> = started.recv().expect("the capture never was ready");
            let value = work(&Watch(&env, spooled));
            drop(stopper);
            value
        });
        let mut ready = |env: &Env| Ok(ready.send(env.to_vec())?);
        let (dir, stop, ready) = (dir.path(), stop.as_fd(), &mut ready);
        let counters = monitor().capture(&mut Session {
            options: &options,
            dir,
            stop,
            spool,
            ready,
        });
        counters.map(|counters| (counters, worker.join().unwrap()))
    })?;
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Watched {
        value,
        journal: decode(&bytes),
        counters,
        spool: bytes,
    })
}

pub(crate) fn capture<T: Send>(
    ring: &str,
    work: impl FnOnce(&Watch<'_>) -> T + Send,
) -> Watched<T> {
    try_capture(ring, work).unwrap()
}

/// All events of a spool.
pub(crate) fn decode(bytes: &[u8]) -> EventLog {
    let (mut journal, mut decoder) = (EventLog::default(), monitor().decoder());
    let mut reader = SpoolReader::new(bytes);
    while let Some(frame) = reader.next_frame().unwrap() {
        decoder.frame(frame, &mut journal).unwrap();
    }
    assert_eq!(reader.rest(), 0);
    decoder.finish(&mut journal);
    journal
}

/// Like `capture` with a first slot that this process claims and never finishes, so that nothing
/// behind it is read.
pub(crate) fn unread<T: Send>(ring: &str, work: impl FnOnce(&Watch<'_>) -> T + Send) -> Watched<T> {
    capture(ring, |watch| {
        claim(watch, std::process::id());
        work(watch)
    })
}

/// Leaves the ring as a writer does that got no further than its claim.
pub(crate) fn claim(watch: &Watch<'_>, thread: u32) {
    use std::os::unix::fs::FileExt;
    let channel = File::options().write(true).open(&watch.0[1].1).unwrap();
    let busy = u64::from(thread) << 10 | 1;
    channel.write_all_at(&busy.to_le_bytes(), 65536).unwrap();
}

pub(crate) struct Programs(tempfile::TempDir);

impl Programs {
    pub(crate) fn build() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(
            dir.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        let programs = Self(dir);
        programs.compile("caller.c", "caller", &["-pthread"]);
        programs.compile("target.c", "target", &[]);
        programs.compile("target.c", "target-static", &["-static"]);
        std::os::unix::fs::symlink("target", programs.path("link")).unwrap();
        fs::write(programs.path("script"), "#!/bin/sh\nexit 7\n").unwrap();
        fs::set_permissions(
            programs.path("script"),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        programs
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn compile(&self, source: &str, out: &str, flags: &[&str]) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/preload")
            .join(source);
        let status = Command::new("cc")
            .arg("-O1")
            .arg("-w")
            .arg(&source)
            .arg("-o")
            .arg(self.path(out))
            .args(flags)
            .status();
        assert!(status.unwrap().success(), "cc {}", source.display());
    }

    fn command(&self, watch: &Watch<'_>, target: &str, exe: &str, words: &[&str]) -> Command {
        let mut command = Command::new(self.path("caller"));
        command
            .arg(self.path(target))
            .arg(self.path(exe))
            .args(words);
        command.envs(watch.0.iter().cloned());
        command
    }

    pub(crate) fn call(
        &self,
        watch: &Watch<'_>,
        target: &str,
        exe: &str,
        words: &[&str],
    ) -> String {
        let output = self.command(watch, target, exe, words).output().unwrap();
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn call_as(
        &self,
        watch: &Watch<'_>,
        user: u32,
        target: &str,
        exe: &str,
        words: &[&str],
    ) -> String {
        let output = self
            .command(watch, target, exe, words)
            .uid(user)
            .gid(user)
            .output()
            .unwrap();
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Runs a program that ends with its input; its pid, and what /proc calls it.
pub(crate) fn waiting(watch: &Watch<'_>, words: &[String]) -> (u32, PathBuf) {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).envs(watch.0.iter().cloned());
    let (input, output) = (std::process::Stdio::piped(), std::process::Stdio::null());
    let mut child = command.stdin(input).stdout(output).spawn().unwrap();
    let exe = fs::read_link(format!("/proc/{}/exe", child.id())).unwrap();
    child.wait().unwrap();
    (child.id(), exe)
}

fn home(watch: &Watch<'_>, which: usize) -> PathBuf {
    Path::new(&watch.0[which].1).parent().unwrap().to_owned()
}

pub(crate) fn leftovers() {
    let homes = capture("4k", |watch| {
        let homes = [home(watch, 0), home(watch, 1)];
        monitor().recover().unwrap();
        assert!(
            homes.iter().all(|home| home.exists()),
            "a live capture keeps its folders"
        );
        homes
    });
    assert!(homes.value.iter().all(|home| !home.exists()));
    // Its maker's pid is another process's by now: this one's.
    let left = format!("rollcall-preload-{}-test", std::process::id());
    let left = std::env::temp_dir().join(left);
    fs::create_dir(&left).unwrap();
    fs::write(left.join("channel"), "").unwrap();
    let removed = monitor().recover().unwrap();
    assert!(
        removed
            .done
            .iter()
            .any(|line| line.starts_with(left.to_str().unwrap())),
        "{removed:?}"
    );
    assert!(!left.exists());
}

pub(crate) fn replaced() -> String {
    let result = try_capture("4k", |watch| {
        fs::remove_file(&watch.0[1].1).unwrap();
        fs::write(&watch.0[1].1, "").unwrap();
    });
    result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}
