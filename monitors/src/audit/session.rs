//! What the monitor changes in the audit system: it is written down before, and put back after, by
//! the monitor itself or, when that was killed, by the next start.

use std::fs;
use std::time::{Duration, Instant};

use caps::{CapSet, Capability};
use contract::{Options, Result, Unavailable};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::rules;
use super::saved_state::{SavedState, forget, load, save, started};
use super::wire::{Control, Field, Status};
use crate::common::namespaces;
use crate::common::process_stat::ProcessStat;

/// How long kauditd may take to find out that a registered daemon is dead.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many take as long as a cell to be taken out.
const MOST_EXCLUSIONS: u32 = 1000;

/// The monitor's changes to the audit system, from writing them down to putting them back.
pub(super) struct AuditSession {
    pub(super) control: Control,
    saved: SavedState,
    /// Whether no living daemon was registered when it began, so that it is one.
    daemon: bool,
    /// How many rules of its own are in the kernel.
    armed: usize,
    /// How many rules that match nothing it adds.
    exclusions: u32,
}

impl AuditSession {
    /// Looks around and writes down what it will change. Nothing is changed yet. Records of the
    /// types in `needless` will be kept from being made, where there is no other listener.
    pub(super) fn enter(options: &Options, needless: &[u32]) -> Result<Self> {
        let exclusions = u32::try_from(options.size("exclusions"));
        let exclusions = exclusions.ok().filter(|count| *count <= MOST_EXCLUSIONS);
        let exclusions = exclusions.ok_or_else(|| {
            format!("audit: exclusions: taking one out takes 15 ms: give at most {MOST_EXCLUSIONS}")
        })?;
        recover()?;
        if let Some(saved) = load()? {
            let owner = saved.owner;
            return Err(format!("audit: process {owner} is capturing: end it first").into());
        }
        let mut control = Control::open().map_err(|e| failed("socket", e))?;
        let found = control.status().map_err(|e| failed("AUDIT_GET", e))?;
        if let Some(why) = locked(&found) {
            return Err(why.into());
        }
        let alone = !alive(found.pid);
        let mut excluded = if alone { needless.to_vec() } else { Vec::new() };
        let rules = control.rules().map_err(|e| failed("AUDIT_LIST_RULES", e))?;
        if rules::exclude(&excluded).is_some_and(|rule| rules.contains(&rule)) {
            // There already, so it is not ours to take out.
            excluded.clear();
        }
        let owner = std::process::id();
        let saved = SavedState {
            owner,
            started: started(owner).unwrap_or_default(),
            found,
            set: wanted(&found, alone, options),
            excluded,
        };
        save(&saved)?;
        Ok(Self {
            control,
            saved,
            daemon: alone,
            armed: 0,
            exclusions,
        })
    }

    /// Whether it registers itself as the audit daemon.
    pub(super) fn is_daemon(&self) -> bool {
        self.daemon
    }

    /// How many rules of its own should be there.
    pub(super) fn armed(&self) -> usize {
        self.armed
    }

    /// Whether no living audit daemon is registered, so that the monitor may be it.
    pub(super) fn alone(&self) -> bool {
        !alive(self.saved.found.pid)
    }

    /// The counters as they were before.
    pub(super) fn found(&self) -> &Status {
        &self.saved.found
    }

    /// The process that is registered as the daemon, if it lives.
    pub(super) fn daemon() -> Option<u32> {
        let status = Control::open().ok()?.status().ok()?;
        alive(status.pid).then_some(status.pid)
    }

    /// Records the kernel has lost since it was booted.
    pub(super) fn lost(&mut self) -> Result<u32> {
        let status = self.control.status();
        Ok(status.map_err(|e| failed("AUDIT_GET", e))?.lost)
    }

    /// Has the kernel forget a daemon that died while this was here.
    pub(super) fn bury(mut self) -> Result<Self> {
        let now = self.control.status().map_err(|e| failed("AUDIT_GET", e))?;
        if now.pid != 0 && now.pid != self.saved.found.pid && !alive(now.pid) {
            forget_dead(&mut self.control, now.pid)?;
        }
        Ok(self)
    }

    /// Makes the settings what they must be. That a registered daemon has died is found out by the
    /// record of such a change, so auditing is switched on first then.
    pub(super) fn settle(&mut self) -> Result<()> {
        for field in Field::KEPT {
            let value = self.saved.set.of(field);
            if value != self.saved.found.of(field) {
                set(&mut self.control, field, value)?;
            }
        }
        if self.alone() && self.saved.found.pid != 0 {
            forget_dead(&mut self.control, self.saved.found.pid)?;
        }
        Ok(())
    }

    /// From here on events are recorded.
    pub(super) fn arm(&mut self) -> Result<()> {
        let excluded = rules::exclude(&self.saved.excluded);
        let (own, alone) = (rules::own(self.alone()), self.alone());
        // After its own, so that they stand before these.
        let exclusions = rules::exclusions(self.exclusions, alone);
        for rule in excluded.into_iter().chain(own).chain(exclusions) {
            let added = self.control.add(&rule);
            added.map_err(|e| failed("AUDIT_ADD_RULE", e))?;
            self.armed += usize::from(rule.ours());
        }
        Ok(())
    }

    /// From here on they are not. Says how many rules went: the kernel records the end of each.
    pub(super) fn disarm(&mut self) -> Result<usize> {
        Ok(remove_own(&mut self.control)?)
    }

    /// Puts everything back.
    pub(super) fn leave(mut self) -> Result<()> {
        put_back(&mut self.control, &self.saved, &mut Vec::new())?;
        forget()
    }
}

/// Whether records that only tell more fields are wanted.
pub(super) fn detailed(options: &Options) -> bool {
    options.word("fields") == "all"
}

/// With a daemon there, only what the monitor cannot do without is touched, and only upwards.
fn wanted(found: &Status, alone: bool, options: &Options) -> Status {
    let mut set = *found;
    set.enabled = 1;
    let word = |name| {
        options
            .size_or_word(name)
            .map(|v| u32::try_from(v).unwrap_or(u32::MAX))
    };
    if let Some(limit) = word("backlog") {
        // 0 is "no limit".
        let keep = !alone && (found.backlog_limit == 0 || found.backlog_limit > limit);
        set.backlog_limit = if keep { found.backlog_limit } else { limit };
    }
    if alone {
        set.backlog_wait_time = word("wait").unwrap_or(found.backlog_wait_time);
        // A rate limit would lose records, and a loss must neither panic the machine nor be
        // printed on its console, which takes longer than what is being measured.
        (set.rate_limit, set.failure) = (0, 0);
    }
    set
}

/// Why settings cannot be changed, if so.
pub(super) fn locked(status: &Status) -> Option<Unavailable> {
    (status.enabled == 2).then(|| {
        Unavailable::new(
            "audit settings that are not locked (enabled is 2)",
            "take '-e 2' out of the audit rules and reboot",
        )
    })
}

/// Undoes what a killed capture left, and says what that was. A living one is left alone.
///
/// Outside of the first pid and user namespaces the kernel answers nothing and pids are others. Without
/// CAP_AUDIT_CONTROL only the file can tell that something was left.
pub(super) fn recover() -> Result<Vec<String>> {
    let mut done = Vec::new();
    if !namespaces::missing(&["user", "pid"], "").is_empty() {
        return Ok(done);
    }
    let saved = load()?;
    if saved.as_ref().is_some_and(SavedState::lives) {
        return Ok(done);
    }
    let may = caps::has_cap(None, CapSet::Effective, Capability::CAP_AUDIT_CONTROL);
    if !may.unwrap_or(false) {
        return match &saved {
            Some(saved) => Err(left(saved.owner).into()),
            None => Ok(done),
        };
    }
    let Ok(mut control) = Control::open() else {
        return Ok(done);
    };
    match &saved {
        Some(saved) => {
            put_back(&mut control, saved, &mut done)?;
            forget()?;
        }
        // Of one that keeps its file elsewhere, in a container with a /run of its own.
        None if registered(&mut control) => {}
        // Without the file rules are all that can be told to be the monitor's.
        None => match remove_own(&mut control) {
            Ok(count) => say_rules(count, &mut done),
            Err(Refused::Looking(_)) => {}
            Err(error) => return Err(error.into()),
        },
    }
    Ok(done)
}

fn put_back(control: &mut Control, saved: &SavedState, done: &mut Vec<String>) -> Result<()> {
    let mut count = remove_own(control)?;
    if let Some(rule) = rules::exclude(&saved.excluded) {
        let removed = control.delete(&rule);
        count += usize::from(removed.map_err(|e| failed("AUDIT_DEL_RULE", e))?);
    }
    say_rules(count, done);
    let now = control.status().map_err(|e| failed("AUDIT_GET", e))?;
    if now.pid == saved.owner && saved.owner != std::process::id() {
        forget_dead(control, saved.owner)?;
        done.push(format!(
            "audit: process {} is no longer registered",
            saved.owner
        ));
    }
    for field in Field::KEPT {
        let (found, ours) = (saved.found.of(field), saved.set.of(field));
        // What another program has changed meanwhile stays.
        if found != ours && now.of(field) == ours {
            set(control, field, found)?;
            done.push(format!("audit: {} is {found} again", field.name()));
        }
    }
    if now.pid == std::process::id() && now.pid != saved.found.pid {
        set(control, Field::Pid, 0)?;
    }
    Ok(())
}

/// Whether a living harness is registered as the daemon: the rules are its own.
fn registered(control: &mut Control) -> bool {
    let name = |pid: &str| fs::read(format!("/proc/{pid}/comm")).ok();
    let daemon = control.status().ok().map(|status| status.pid);
    let daemon = daemon.filter(|pid| alive(*pid)).map(|pid| pid.to_string());
    daemon.is_some_and(|pid| name(&pid).is_some() && name(&pid) == name("self"))
}

fn left(owner: u32) -> String {
    format!(
        "process {owner} was killed and left rules and settings, which slow every process down: \
         run 'harness watch audit' once with CAP_AUDIT_CONTROL, it puts them back"
    )
}

fn say_rules(count: usize, done: &mut Vec<String>) {
    if count > 0 {
        done.push(format!("audit: {count} rules were removed"));
    }
}

/// Why own rules were not removed.
#[derive(Debug)]
enum Refused {
    /// They cannot be listed.
    Looking(Errno),
    /// They are there and stay.
    Removing(Errno),
}

impl From<Refused> for contract::Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Looking(errno) => failed("AUDIT_LIST_RULES", errno),
            Refused::Removing(errno) => failed("AUDIT_DEL_RULE", errno),
        }
    }
}

fn remove_own(control: &mut Control) -> Result<usize, Refused> {
    let rules = control.rules().map_err(Refused::Looking)?;
    let mut count = 0;
    for rule in rules.iter().filter(|rule| rule.ours()) {
        count += usize::from(control.delete(rule).map_err(Refused::Removing)?);
    }
    Ok(count)
}

/// Only a daemon itself may unregister. For a dead one kauditd does it, as soon as there is a
/// record that cannot be delivered: setting anything makes one, if auditing is on.
fn forget_dead(control: &mut Control, pid: u32) -> Result<()> {
    let begun = Instant::now();
    let before = control.status().map_err(|e| failed("AUDIT_GET", e))?;
    if before.enabled == 0 {
        set(control, Field::Enabled, 1)?;
    }
    set(control, Field::Failure, before.failure)?;
    loop {
        let now = control.status().map_err(|e| failed("AUDIT_GET", e))?;
        if now.pid != pid {
            break;
        }
        if begun.elapsed() > PATIENCE {
            let why = format!("audit: process {pid} is dead but stays registered: reboot");
            return Err(why.into());
        }
        std::thread::yield_now();
    }
    if before.enabled == 0 {
        set(control, Field::Enabled, 0)?;
    }
    Ok(())
}

fn set(control: &mut Control, field: Field, value: u32) -> Result<()> {
    let done = control.set(field, value);
    done.map_err(|e| failed(&format!("AUDIT_SET {}={value}", field.name()), e))
}

/// One line for a command that failed.
pub(super) fn failed(what: &str, error: impl std::fmt::Display) -> contract::Error {
    format!(
        "audit: {what}: {error}: run 'harness doctor', which says what this monitor needs, \
         and see that the kernel has CONFIG_AUDITSYSCALL=y"
    )
    .into()
}

/// Whether a registered pid is that of a process. One that may not be signalled lives, too.
pub(super) fn alive(pid: u32) -> bool {
    pid != 0 && kill(Pid::from_raw(pid as i32), None) != Err(Errno::ESRCH) && !zombie(pid)
}

fn zombie(pid: u32) -> bool {
    ProcessStat::of(pid).is_some_and(|stat| stat.is_dead())
}
