//! CPUs that come and go while a monitor runs: what was opened for each CPU at its start says nothing of
//! one that came later.
//!
//! The kernel says so on the netlink family for device events: device_online() and device_offline() in
//! drivers/base/core.c, after the CPU has begun to run threads and after it has ended to. A filter keeps
//! every other device's events out, so nothing else can fill the queue. What suspends the machine takes
//! CPUs off without a word; so the list of online CPUs is read once more at the end.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use contract::Result;
use libc::{c_int, sock_filter};
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use super::{cpus, netlink_socket};

/// The group that the kernel tells; udev tells another.
const FROM_KERNEL: u32 = 1;
/// Longer than any event of a CPU.
const LONGEST: usize = 4096;

/// What happened to a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Online(u32),
    Offline(u32),
}

/// Hears of every CPU that comes or goes from the time at which it is made.
#[derive(Debug)]
pub(crate) struct Hotplug {
    socket: Socket,
    online: Vec<u32>,
}

impl Hotplug {
    /// To be made before anything is opened for each CPU.
    pub(crate) fn listen() -> Result<Self> {
        let config = "CONFIG_NET=y";
        let protocol = libc::NETLINK_KOBJECT_UEVENT as u32;
        let mut socket = netlink_socket::open(protocol, "NETLINK_KOBJECT_UEVENT", config)?;
        netlink_socket::attach("NETLINK_KOBJECT_UEVENT", &socket, &only_cpus())?;
        let failed = |call: &str, why: std::io::Error| {
            format!("{call} of NETLINK_KOBJECT_UEVENT: {why}: this is a bug, please report it")
        };
        let bound = socket.bind(&SocketAddr::new(0, FROM_KERNEL));
        bound.map_err(|why| failed("bind", why))?;
        let waits = socket.set_non_blocking(true);
        waits.map_err(|why| failed("O_NONBLOCK", why))?;
        Ok(Self {
            socket,
            online: cpus::read("online")?,
        })
    }

    /// Those that are online, as far as was heard.
    pub(crate) fn online(&self) -> &[u32] {
        &self.online
    }

    /// What has happened since, in its order.
    pub(crate) fn changes(&mut self) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        let mut message = [0; LONGEST];
        loop {
            match recv(
                self.socket.as_raw_fd(),
                &mut message,
                MsgFlags::MSG_DONTWAIT,
            ) {
                Ok(length) => changes.extend(parse(&message[..length])),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Err(errno) => {
                    return Err(format!(
                        "recv of NETLINK_KOBJECT_UEVENT: {errno}: which CPUs came is unknown: begin again"
                    )
                    .into());
                }
            }
        }
        for change in &changes {
            self.apply(*change);
        }
        Ok(changes)
    }

    /// The same, and what was not told: CPUs whose being online differs from what was heard.
    pub(crate) fn all_changes(&mut self) -> Result<Vec<Change>> {
        let now = cpus::read("online")?;
        let mut changes = self.changes()?;
        let came = now.iter().filter(|cpu| !self.online.contains(cpu));
        let went = self.online.iter().filter(|cpu| !now.contains(cpu));
        let unheard: Vec<_> = came
            .map(|cpu| Change::Online(*cpu))
            .chain(went.map(|cpu| Change::Offline(*cpu)))
            .collect();
        for change in &unheard {
            self.apply(*change);
        }
        changes.extend(unheard);
        Ok(changes)
    }

    fn apply(&mut self, change: Change) {
        let (Change::Online(cpu) | Change::Offline(cpu)) = change;
        self.online.retain(|one| *one != cpu);
        if let Change::Online(cpu) = change {
            self.online.push(cpu);
        }
    }
}

impl AsFd for Hotplug {
    fn as_fd(&self) -> BorrowedFd<'_> {
        netlink_socket::borrowed(&self.socket)
    }
}

/// `online@/devices/system/cpu/cpu3`, and `offline@`; the words behind it say the same again.
fn parse(message: &[u8]) -> Option<Change> {
    let head = message.split(|byte| *byte == 0).next()?;
    let (what, device) = std::str::from_utf8(head).ok()?.split_once('@')?;
    let cpu = device
        .strip_prefix("/devices/system/cpu/cpu")?
        .parse()
        .ok()?;
    match what {
        "online" => Some(Change::Online(cpu)),
        "offline" => Some(Change::Offline(cpu)),
        _ => None,
    }
}

/// Lets through what begins with `onli` or `offl`; memory and other devices that can go offline, which are
/// few, are left out by [`parse`].
fn only_cpus() -> [sock_filter; 5] {
    let step = |code: u32, jt, jf, k| sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let word = |text: [u8; 4]| u32::from_be_bytes(text);
    let load = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as c_int as u32;
    let equal = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as c_int as u32;
    let answer = (libc::BPF_RET | libc::BPF_K) as c_int as u32;
    [
        step(load, 0, 0, 0),
        step(equal, 1, 0, word(*b"onli")),
        step(equal, 0, 1, word(*b"offl")),
        step(answer, 0, 0, u32::MAX),
        step(answer, 0, 0, 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cpu_that_comes_or_goes_is_a_change() {
        let told = |text: &str| parse(text.as_bytes());
        let message = "online@/devices/system/cpu/cpu3\0ACTION=online\0SUBSYSTEM=cpu\0";
        assert_eq!(told(message), Some(Change::Online(3)));
        let message = "offline@/devices/system/cpu/cpu12\0ACTION=offline\0";
        assert_eq!(told(message), Some(Change::Offline(12)));
        for other in [
            "online@/devices/system/memory/memory3\0",
            "offline@/devices/system/cpu/cpufreq\0",
            "add@/devices/system/cpu/cpu3\0",
            "online",
            "",
        ] {
            assert_eq!(told(other), None, "{other}");
        }
    }

    #[test]
    fn what_was_not_heard_is_found_at_the_end() {
        let mut hotplug = Hotplug::listen().unwrap();
        let online = hotplug.online().to_vec();
        assert_eq!(hotplug.all_changes().unwrap(), []);
        // As if a CPU had come, and another gone, without a word.
        hotplug.online.retain(|cpu| *cpu != online[0]);
        hotplug.online.push(4095);
        let changes = [Change::Online(online[0]), Change::Offline(4095)];
        assert_eq!(hotplug.all_changes().unwrap(), changes);
        assert_eq!(hotplug.all_changes().unwrap(), []);
    }
}
