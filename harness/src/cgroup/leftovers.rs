//! Groups that a killed harness left: told by a lock on the folder, which the kernel takes away with the
//! process that holds it, whatever its pid was and in whatever pid namespace.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use contract::Recovered;
use monitors::owned_dir;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::hierarchy::{Hierarchy, PREFIX, put};

/// How long a group stays busy behind its last member.
const GOING: Duration = Duration::from_millis(500);
/// How long what is ended in a group may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

impl Hierarchy {
    /// Removes groups of dead owners. Whatever still runs in them is ended, and each is named.
    pub(crate) fn sweep(&self) -> Recovered {
        let roots: Vec<_> = self.roots().into_iter().map(Path::to_owned).collect();
        let mut found = swept(&roots, PREFIX, "control group", remove);
        // Last: while groups below have controllers, nothing can move back.
        found.extend(self.sweep_leaves());
        found
    }
}

/// Puts away what dead owners have left below `roots` and is called `prefix`, each of which is `what`.
pub(super) fn swept(
    roots: &[PathBuf],
    prefix: &str,
    what: &str,
    put_away: fn(&Path) -> Result<()>,
) -> Recovered {
    let mut found = Recovered::default();
    let note = |path: &Path| {
        let what = format!("{what} {} of a harness that is gone", path.display());
        match put_away(path) {
            Ok(()) => found.done.push(what),
            Err(error) => found.left.push(format!("{what}: {error:#}")),
        }
        Ok::<(), std::convert::Infallible>(())
    };
    let Ok(()) = owned_dir::sweep(roots, prefix, note);
    found
}

/// Ends what is in a group and in those below it, which its members may have made, until all can be
/// removed. A forking crowd is held first, where its number
/// can be limited, so that nothing is born while it is being ended.
pub(super) fn remove(path: &Path) -> Result<()> {
    let limit = path.join("pids.max");
    if limit.exists() {
        put(&limit, "0")?;
    }
    let below = fs::read_dir(path).into_iter().flatten().flatten();
    for group in below.filter(|one| one.file_type().is_ok_and(|kind| kind.is_dir())) {
        remove(&group.path())?;
    }
    let deadline = Instant::now() + PATIENCE;
    let mut seen = Instant::now();
    loop {
        match fs::remove_dir(path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if Instant::now() > deadline => {
                bail!(
                    "{}: cannot be removed ({error}): end what is in it",
                    path.display()
                );
            }
            Err(_) => {}
        }
        match end_members(path) {
            Members::Reached => seen = Instant::now(),
            Members::None if seen.elapsed() < GOING => {}
            Members::None | Members::Foreign => bail!(
                "{}: processes of another pid namespace are in it: end them there",
                path.display()
            ),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Those in a group that cannot be removed.
enum Members {
    /// All were ended, or are being ended.
    Reached,
    /// There is none to be seen.
    None,
    /// Some have no pid here.
    Foreign,
}

/// Ends the members of a group. One that has no pid in this namespace stands as 0 (version 2) or not at
/// all (version 1), and a signal to 0 would go to this process and all of its group.
fn end_members(path: &Path) -> Members {
    // Version 2 ends all of them itself, since Linux 5.14.
    if fs::write(path.join("cgroup.kill"), "1").is_ok() {
        return Members::Reached;
    }
    let members = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
    let (ours, others): (Vec<i32>, Vec<i32>) = members
        .lines()
        .filter_map(|line| line.parse::<i32>().ok())
        .partition(|&pid| pid > 0);
    for pid in &ours {
        // Gone already is as good as ended.
        let _gone = kill(Pid::from_raw(*pid), Signal::SIGKILL);
    }
    match (ours.is_empty(), others.is_empty()) {
        (_, false) => Members::Foreign,
        (true, true) => Members::None,
        (false, true) => Members::Reached,
    }
}
