//! The socket: told of every task's end on every CPU, until it asks to be told no more.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use contract::{Result, Unavailable};
use netlink_sys::{Socket, SocketAddr};

use super::wire::{self, PROTOCOL};
use crate::common::{cpus, netlink_socket};

/// A socket that has found the family.
pub(super) struct GenericSocket {
    socket: Socket,
    family: u16,
}

impl GenericSocket {
    pub(super) fn open() -> Result<Self> {
        let mut socket = netlink_socket::open(PROTOCOL, "NETLINK_GENERIC", "CONFIG_NET=y")?;
        let bound = socket.bind_auto();
        bound.map_err(|error| {
            format!("taskstats: bind: {error}: this is a bug, please report it")
        })?;
        let mut socket = Self {
            socket,
            family: wire::CONTROL,
        };
        let answer = socket.ask(wire::GET_FAMILY, wire::FAMILY_NAME, b"TASKSTATS\0")?;
        let id = wire::attribute(&answer, wire::FAMILY_ID);
        let id = id.and_then(|id| id.try_into().ok());
        socket.family = id.map(u16::from_ne_bytes).ok_or_else(|| {
            let missing = "a kernel with CONFIG_TASKSTATS=y (it names no family TASKSTATS)";
            Unavailable::new(missing, "use a kernel built with it")
        })?;
        Ok(socket)
    }

    /// Which version of the record this kernel writes.
    pub(super) fn version(&mut self) -> Result<u16> {
        let own = std::process::id().to_ne_bytes();
        let answer = self.ask(wire::GET, wire::OF_PID, &own)?;
        let task = wire::read(&answer);
        // One that is too old is too short for the rest.
        Ok(task.map_or(0, |task| task.version))
    }

    /// Asks, and waits until it is acknowledged; gives what was answered before.
    fn ask(&mut self, command: u8, attribute: u16, value: &[u8]) -> Result<Vec<u8>> {
        let failed = |error: io::Error| format!("taskstats: {error}: run as root (CAP_NET_ADMIN)");
        let request = wire::request(self.family, command, attribute, value);
        let sent = self.socket.send_to(&request, &SocketAddr::new(0, 0), 0);
        sent.map_err(failed)?;
        let mut answer = Vec::new();
        loop {
            let mut bytes = Vec::with_capacity(wire::ROOM);
            self.socket.recv(&mut bytes, 0).map_err(failed)?;
            match wire::acknowledged(&bytes) {
                Some(0) => return Ok(answer),
                Some(errno) => return Err(failed(io::Error::from_raw_os_error(errno)).into()),
                None => answer = bytes,
            }
        }
    }
}

/// What a receive call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// A record.
    Some,
    /// Something else, such as an acknowledgement.
    Other,
    /// The queue is empty.
    Nothing,
    /// The queue had overflowed; what is in it can still be read.
    Overflow,
}

/// A socket that is told, and asks to be told no more whatever happens.
pub(super) struct Listener {
    socket: GenericSocket,
    cpus: String,
    on: bool,
}

impl Listener {
    pub(super) fn start(rcvbuf: Option<u64>) -> Result<Self> {
        let mut socket = GenericSocket::open()?;
        if let Some(bytes) = rcvbuf {
            netlink_socket::widen("taskstats", &socket.socket, bytes)?;
        }
        let cpus = cpus::text("possible")? + "\0";
        // Records may come before the acknowledgement: the monitor has not said that it is ready.
        socket.ask(wire::GET, wire::REGISTER, cpus.as_bytes())?;
        let waiting = socket.socket.set_non_blocking(true);
        waiting.map_err(|error| {
            format!("taskstats: O_NONBLOCK: {error}: this is a bug, please report it")
        })?;
        let on = true;
        Ok(Self { socket, cpus, on })
    }

    /// Asks to be told no more: done when this returns. What is queued stays to be read.
    pub(super) fn stop(&mut self) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        let family = self.socket.family;
        let request = wire::request(family, wire::GET, wire::DEREGISTER, self.cpus.as_bytes());
        let to = SocketAddr::new(0, 0);
        // Where the queue is full its acknowledgement would be dropped, and counted with the records.
        let request = wire::unacknowledged(request);
        let sent = self.socket.socket.send_to(&request, &to, 0);
        sent.map_err(|error| {
            format!("taskstats: DEREGISTER_CPUMASK: {error}: this is a bug, please report it")
        })?;
        self.on = false;
        Ok(())
    }

    pub(super) fn receive(&mut self, buffer: &mut Vec<u8>) -> Result<Received> {
        buffer.clear();
        match self.socket.socket.recv(buffer, 0) {
            Ok(_) if wire::is_of(self.socket.family, buffer) => Ok(Received::Some),
            Ok(_) => Ok(Received::Other),
            Err(error) => match error.raw_os_error() {
                Some(libc::EAGAIN) => Ok(Received::Nothing),
                Some(libc::EINTR) => Ok(Received::Other),
                Some(libc::ENOBUFS) => Ok(Received::Overflow),
                _ => {
                    Err(format!("taskstats: recv: {error}: this is a bug, please report it").into())
                }
            },
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        netlink_socket::borrowed(&self.socket.socket)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // On the way out of an error this one adds nothing; the kernel takes a closed socket off its
        // list by itself.
        let _left_to_the_kernel = self.stop();
    }
}
