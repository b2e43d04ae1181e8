//! Finds the connector switched on although no socket listens, and switches it off.
//!
//! A member that has not asked for anything receives exactly what others have switched on. The
//! message about a fork is queued before fork returns, so the probe knows at once. Whether it is a
//! leak or another listener's right is told by /proc/net/netlink: a leak has no other member.

use contract::{Kind, Result};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

use super::socket::Member;
use super::wire::{GROUP, Message, Op, PROTOCOL};
use crate::common::netlink_socket;
use std::os::fd::AsFd;

/// More killed listeners than this, one after the other, are not left between two boots.
const MOST: u32 = 1000;

/// Switches off what killed listeners left on, and says so. Leaves live ones alone.
pub(super) fn recover() -> Result<Vec<String>> {
    if !super::requirements::missing().is_empty() {
        return Ok(Vec::new());
    }
    for done in 0..MOST {
        // A new member each time: since 6.6 one that has sent IGNORE is told nothing any more.
        let probe = Member::join(1, None)?;
        if others(&probe)? || !switched_on(&probe)? {
            return Ok((done > 0).then(|| note(done)).into_iter().collect());
        }
        count_down(&probe)?;
        if others(&probe)? {
            // A socket joined between the look and the request: what was taken may be its count.
            probe.ask(Op::Listen, 0)?;
            return Ok((done > 0).then(|| note(done)).into_iter().collect());
        }
    }
    Err(format!(
        "netlink: the proc connector is still switched on after {MOST} IGNOREs: reboot to measure without it"
    )
    .into())
}

/// Takes one off the kernel's count of listeners.
///
/// Since 6.6 IGNORE only counts for a socket that has asked for something else before. LISTEN would
/// count up first; an operation that does not exist is refused, but remembered. Before 6.6 it is
/// merely refused. The count can go below 0, and then the next listener would hear nothing: so one
/// at a time, and only where one too many is known to be there.
fn count_down(probe: &Member) -> Result<()> {
    probe.ask(Op::Refused, 0)?;
    probe.ask(Op::Ignore, 0)
}

fn note(leaks: u32) -> String {
    format!(
        "netlink: the proc connector had been left switched on by {leaks} killed listener(s): switched off"
    )
}

/// Whether another socket is a member of the group.
fn others(probe: &Member) -> Result<bool> {
    let own = netlink_socket::inode(probe.as_fd())?;
    Ok(netlink_socket::read(PROTOCOL)?
        .iter()
        .any(|row| row.holds(GROUP) && row.inode != own))
}

/// Whether a fork is told of.
pub(super) fn switched_on(probe: &Member) -> Result<bool> {
    let child = spawn()?.as_raw() as u32;
    while let Some(said) = probe.hear()? {
        // Others' forks prove it as well as our own.
        if matches!(said, Message::Event(event) if event.kind == Kind::Fork || event.pid == child) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A process that ends at once.
pub(super) fn spawn() -> Result<Pid> {
    // SAFETY: the child makes one async-signal-safe call and is gone.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            // SAFETY: it runs no handlers and frees nothing.
            unsafe { libc::_exit(0) }
        }
        Ok(ForkResult::Parent { child }) => {
            waitpid(child, None).map_err(|errno| {
                format!("netlink: waitpid: {errno}: this is a bug, please report it")
            })?;
            Ok(child)
        }
        Err(errno) => Err(format!("netlink: fork: {errno}: raise the limit of processes").into()),
    }
}
