//! Reads the file as the kernel writes it.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use contract::{Options, Result, Session};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, Flock, FlockArg, fallocate};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::unistd::acct;

use super::record::AcctRecord;

/// Read with one call.
const ROOM: usize = 1024 * AcctRecord::SIZE;
/// When so many bytes were read, their place is given back.
const GIVE_BACK: u64 = 1 << 20;

/// Switches accounting off and takes away the file, the sign that it is on.
pub(super) fn switch_off(file: &Path) -> Result<()> {
    acct::disable().map_err(|why| format!("acct: {why}: switch it off with accton off"))?;
    fs::remove_file(file).map_err(|why| format!("{}: {why}: remove it", file.display()).into())
}

/// After so long a silence an observer wants to know that it means something.
const SILENCE: Duration = Duration::from_millis(700);

/// Why a wait ended.
enum Told {
    /// The file may have grown.
    Written,
    /// It did not, for as long as [`SILENCE`].
    Nothing,
    Stop,
}

/// Accounting, switched on; off again when this goes.
pub(super) struct Follower {
    path: PathBuf,
    /// Locked as long as the process lives that will switch it off.
    file: Flock<File>,
    told: Inotify,
    bytes: Vec<u8>,
    /// Read up to here, and given back up to here.
    read: u64,
    given: u64,
}

/// Whether the other fields of an exit are asked for.
pub(super) fn detailed(options: &Options) -> bool {
    options.word("fields") == "all"
}

impl Follower {
    /// Switches it on, into the file at `path`, which must not be there.
    pub(super) fn start(path: &Path) -> Result<Self> {
        let bad = |why: &dyn std::fmt::Display| {
            let remedy = "end the process that uses it, or run harness doctor";
            format!("{}: {why}: {remedy}", path.display())
        };
        let mut options = File::options();
        let file = options
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let file = file.map_err(|why| bad(&why))?;
        let file =
            Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, why)| bad(&why))?;
        let told = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        told.add_watch(path, AddWatchFlags::IN_MODIFY)
            .map_err(|why| bad(&why))?;
        let follower = Self {
            path: path.to_owned(),
            file,
            told,
            bytes: vec![0; ROOM],
            read: 0,
            given: 0,
        };
        acct::enable(path).map_err(|why| format!("acct: {why}: see harness doctor"))?;
        Ok(follower)
    }

    /// Until told to stop.
    pub(super) fn run(mut self, session: &mut Session<'_>) -> Result<()> {
        if detailed(session.options) {
            session.spool.write(crate::common::clock::now(), &[])?;
        }
        (session.ready)(&[])?;
        let silence = session.spool.is_live().then_some(SILENCE);
        loop {
            let told = self.wait(session, silence)?;
            while self.fill(session)? {}
            session.spool.flush()?;
            match told {
                Told::Written => {}
                // The kernel does not say that it writes no more.
                Told::Nothing => self.still_ours(session)?,
                Told::Stop => return self.still_ours(session),
            }
        }
    }

    /// An error when the kernel writes into this file no more: the record of a process that ends now is not
    /// in it. The record is written before the parent is told of the end. It is about no other process than
    /// the monitor's own, so it is not spooled.
    fn still_ours(&mut self, session: &mut Session<'_>) -> Result<()> {
        let last = Command::new("true").stdin(Stdio::null()).spawn();
        let last = last.and_then(|mut last| last.wait().map(|_| last.id()));
        let last = last.map_err(|why| format!("accounting: true: {why}: install coreutils"))?;
        let length = self.file.read_at(&mut self.bytes, self.read)?;
        let received = crate::common::clock::now();
        let (records, _) = self.bytes[..length].as_chunks::<{ AcctRecord::SIZE }>();
        let is_last = |record: &&[u8; AcctRecord::SIZE]| {
            AcctRecord::parse(record).is_ok_and(|record| record.pid == last)
        };
        for record in records.iter().filter(|record| !is_last(record)) {
            session.spool.write(received, record)?;
        }
        session.spool.flush()?;
        self.read += (records.len() * AcctRecord::SIZE) as u64;
        if records.iter().any(|record| is_last(&record)) || length == ROOM {
            return Ok(());
        }
        let when = humantime::format_rfc3339_millis(SystemTime::now());
        Err(format!(
            "accounting: before {when} another program switched process accounting off or to a file of its \
             own, or {} has no space left: what ended after that was not seen; keep accton from it",
            self.path.display()
        )
        .into())
    }

    /// The kernel tells of many writes once until that was read, so it is read before the file is.
    fn wait(&self, session: &Session<'_>, limit: Option<Duration>) -> Result<Told> {
        let mut polled = [
            PollFd::new(session.stop, PollFlags::POLLIN),
            PollFd::new(self.told.as_fd(), PollFlags::POLLIN),
        ];
        let limit = limit.map_or(Ok(PollTimeout::NONE), PollTimeout::try_from)?;
        match poll(&mut polled, limit) {
            Ok(0) => return Ok(Told::Nothing),
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(Told::Written),
            Err(why) => {
                return Err(
                    format!("accounting: poll: {why}: this is a bug, please report it").into(),
                );
            }
        }
        match self.told.read_events() {
            Ok(_) | Err(Errno::EAGAIN) if polled[0].any().unwrap_or(true) => Ok(Told::Stop),
            Ok(_) | Err(Errno::EAGAIN) => Ok(Told::Written),
            Err(why) => {
                Err(format!("inotify: read: {why}: this is a bug, please report it").into())
            }
        }
    }

    /// Spools the whole records that are there; whether there may be more of them.
    fn fill(&mut self, session: &mut Session<'_>) -> Result<bool> {
        let length = match self.file.read_at(&mut self.bytes, self.read) {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => return Ok(true),
            length => length
                .map_err(|why| format!("{}: {why}: check its file system", self.path.display()))?,
        };
        let received = crate::common::clock::now();
        let whole = length - length % AcctRecord::SIZE;
        if whole > 0 {
            session.spool.write(received, &self.bytes[..whole])?;
            self.read += whole as u64;
            self.give_back();
        }
        Ok(length == ROOM)
    }

    /// What was read need not take room: the kernel stops when there is none.
    fn give_back(&mut self) {
        if self.read - self.given >= GIVE_BACK {
            let how = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
            let (from, length) = (self.given as i64, (self.read - self.given) as i64);
            // A file system that cannot do it keeps the whole file.
            let _ = fallocate(&*self.file, how, from, length);
            self.given = self.read;
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Where it cannot be done here the next start finds the file, and says why it cannot.
        let _ = switch_off(&self.path);
    }
}

/// Whether accounting was left on by a process that is gone.
pub(super) fn is_left(file: &Path) -> bool {
    let open = File::open(file);
    open.is_ok_and(|open| Flock::lock(open, FlockArg::LockExclusiveNonblock).is_ok())
}
