//! What it takes to listen, found out without switching anything on.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use caps::{CapSet, Capability};
use contract::Unavailable;

use super::wire::PROTOCOL;
use crate::common::{namespaces, netlink_socket, reasons};

/// Everything that is missing.
pub(super) fn missing() -> Vec<Unavailable> {
    let mut missing = Vec::new();
    if !matches!(
        caps::has_cap(None, CapSet::Effective, Capability::CAP_NET_ADMIN),
        Ok(true)
    ) {
        missing.push(reasons::no_right("CAP_NET_ADMIN", &["NET_ADMIN"]));
    }
    missing.extend(namespaces::missing(
        &["user", "pid", "time"],
        "the proc connector answers no other process",
    ));
    match netlink_socket::read(PROTOCOL) {
        // The kernel's own socket is in the initial network namespace, and nowhere else.
        Ok(rows) if rows.iter().any(|row| row.port == 0) => {}
        Ok(_) => missing.push(Unavailable::new(
            "CONFIG_CONNECTOR=y and the initial network namespace",
            format!("{}, on a kernel built with it", namespaces::remedy("net")),
        )),
        Err(error) => missing.push(match error.downcast::<Unavailable>() {
            Ok(why) => *why,
            Err(error) => Unavailable::new("the list of sockets", error.to_string()),
        }),
    }
    if events_configured() == Some(false) {
        missing.push(Unavailable::new(
            "CONFIG_PROC_EVENTS=y",
            "use a kernel built with it, as those of the large distributions are",
        ));
    }
    missing
}

/// Whether the kernel has CONFIG_PROC_EVENTS; `None` when nothing here tells, and then the missing
/// answer to LISTEN will.
fn events_configured() -> Option<bool> {
    let release = nix::sys::utsname::uname().ok()?;
    let release = release.release().to_str()?.to_owned();
    let files = [
        format!("/boot/config-{release}"),
        format!("/lib/modules/{release}/config"),
    ];
    let plain = files.iter().find_map(|file| fs::read(file).ok());
    let config = plain.or_else(|| {
        let packed = fs::metadata("/proc/config.gz").is_ok();
        let unpacked = packed.then(|| {
            Command::new("gzip")
                .args(["-dc", "/proc/config.gz"])
                .output()
        });
        unpacked?
            .ok()
            .filter(|done| done.status.success())
            .map(|done| done.stdout)
    });
    match config {
        Some(config) => Some(has_line(&config[..], "CONFIG_PROC_EVENTS=y")),
        None => symbol(),
    }
}

/// The function is in the kernel's list of names when it is in the kernel.
fn symbol() -> Option<bool> {
    let names = BufReader::new(fs::File::open("/proc/kallsyms").ok()?);
    let mut any = false;
    for line in names.lines().map_while(Result::ok) {
        any = true;
        if line.ends_with(" proc_fork_connector") {
            return Some(true);
        }
    }
    any.then_some(false)
}

fn has_line(text: impl Read, wanted: &str) -> bool {
    BufReader::new(text)
        .lines()
        .map_while(Result::ok)
        .any(|line| line == wanted)
}
