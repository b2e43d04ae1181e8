//! Whether the connector is still switched on. The kernel counts its listeners, and another program may
//! take one off that it never added (see recover.rs for how): from then on every listener hears nothing and
//! loses nothing. A message is asked for that costs no process: a thread that is given its own name is
//! told of like an exec.

use std::time::SystemTime;

use contract::Result;
use nix::sys::prctl;

use super::socket::Member;

/// An error when it is off.
pub(super) fn check() -> Result<()> {
    // A member that has asked for nothing is told what is switched on.
    let probe = Member::of_names()?;
    let rename = || prctl::get_name().and_then(|name| prctl::set_name(&name));
    rename().map_err(|errno| {
        format!("netlink: PR_SET_NAME: {errno}: this is a bug, please report it")
    })?;
    if probe.hear()?.is_some() {
        return Ok(());
    }
    let when = humantime::format_rfc3339_millis(SystemTime::now());
    Err(format!(
        "netlink: before {when} another program switched the proc connector off: what happened after that was not seen; end the program, and run it again"
    )
    .into())
}
