//! Whether the connector is still switched on. The kernel counts its listeners, and another program may
//! take one off that it never added (see recover.rs for how): from then on every listener hears nothing and
//! loses nothing. A message is asked for that costs no process: a thread that is given its own name is
//! told of like an exec.

use std::time::SystemTime;

use contract::Result;
use nix::sys::prctl;

use super::socket::{Listener, MOST_BELOW, Member};

/// An error when it is off. It is switched on again, so that what the listener takes off the count when it
/// goes is its own.
pub(super) fn check(listener: &Listener) -> Result<()> {
    // A member that has asked for nothing is told what is switched on.
    let probe = Member::of_names()?;
    if is_on(&probe)? {
        return Ok(());
    }
    for _ in 0..MOST_BELOW {
        listener.count_up()?;
        if is_on(&probe)? {
            break;
        }
    }
    let when = humantime::format_rfc3339_millis(SystemTime::now());
    Err(format!(
        "netlink: before {when} another program switched the proc connector off: what happened after that was not seen; end the program, and run it again"
    )
    .into())
}

fn is_on(probe: &Member) -> Result<bool> {
    let renamed = prctl::get_name().and_then(|name| prctl::set_name(&name));
    renamed.map_err(|errno| {
        format!("netlink: PR_SET_NAME: {errno}: this is a bug, please report it")
    })?;
    Ok(probe.hear()?.is_some())
}
