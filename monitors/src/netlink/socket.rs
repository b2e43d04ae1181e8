//! The socket: bound to the group, filtered, listening, and never left listening.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use contract::Result;
use libc::{c_int, sock_filter, sock_fprog};
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use crate::common::netlink_socket;

use super::wire::{self, GROUP, Op, PROTOCOL, Said};

/// A member of the group that has not asked for anything: it receives only what is switched on
/// already.
pub(super) struct Member(Socket);

impl Member {
    /// Joins; `token` marks the one answer that is let through.
    pub(super) fn join(token: u32, rcvbuf: Option<u64>) -> Result<Self> {
        Self::filtered(&wire::filter(token), rcvbuf)
    }

    fn filtered(filter: &[sock_filter], rcvbuf: Option<u64>) -> Result<Self> {
        let mut socket = Socket::new(PROTOCOL as isize).map_err(|error| {
            format!(
                "netlink: socket(NETLINK_CONNECTOR): {error}: use a kernel with CONFIG_CONNECTOR=y"
            )
        })?;
        // Before joining, so that nothing unwanted is ever in the queue.
        attach(&socket, filter)?;
        if let Some(bytes) = rcvbuf {
            netlink_socket::widen("netlink", &socket, bytes)?;
        }
        let bound = socket.bind(&SocketAddr::new(0, 1 << (GROUP - 1)));
        bound.map_err(|error| {
            format!("netlink: bind to the group CN_IDX_PROC: {error}: run as root (CAP_NET_ADMIN)")
        })?;
        let waiting = socket.set_non_blocking(true);
        waiting.map_err(|error| format!("netlink: O_NONBLOCK: {error}: report this"))?;
        Ok(Self(socket))
    }

    /// Sends a request. The connector acts on it before this returns.
    pub(super) fn ask(&self, op: Op, token: u32) -> Result<()> {
        let sent = self
            .0
            .send_to(&wire::request(op, token), &SocketAddr::new(0, 0), 0);
        sent.map_err(|error| {
            format!(
                "netlink: send {op:?} to the proc connector: {error}: run as root (CAP_NET_ADMIN)"
            )
        })?;
        Ok(())
    }

    /// The next thing said, if any.
    pub(super) fn hear(&self) -> Result<Option<Said>> {
        let mut bytes = Vec::with_capacity(wire::DATAGRAM + 1);
        match self.0.recv(&mut bytes, 0) {
            Ok(_) => Ok(Some(wire::read(&bytes).unwrap_or(Said::Other))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(format!("netlink: recv: {error}: report this").into()),
        }
    }
}

impl AsFd for Member {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor is open as long as the socket lives, and `self` is borrowed.
        unsafe { BorrowedFd::borrow_raw(self.0.as_raw_fd()) }
    }
}

/// A second member, who is told of execs and nothing else: whoever waits for it is not woken by the
/// forks and ends between them. What it is told is told to the listener as well, so its queue may
/// overflow.
pub(super) struct Bell(Member);

impl Bell {
    /// Joins. Best after the listener: the kernel tells first who joined last, and who refuses a
    /// message before anybody has taken it costs no copy of it.
    pub(super) fn join() -> Result<Self> {
        // The least the kernel gives: a few messages.
        let bell = Member::filtered(&wire::execs(), Some(1))?;
        let quietly = bell.0.set_no_enobufs(true);
        quietly.map_err(|error| format!("netlink: NETLINK_NO_ENOBUFS: {error}: report this"))?;
        Ok(Self(bell))
    }

    /// Takes away what has rung.
    pub(super) fn hush(&self) -> Result<()> {
        loop {
            // Cut to nothing: what it says is not asked.
            match recv(self.0.0.as_raw_fd(), &mut [], MsgFlags::MSG_DONTWAIT) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(format!("netlink: recv: {errno}: report this").into()),
            }
        }
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A member that has switched the connector on, and switches it off again whatever happens.
pub(super) struct Listener {
    member: Member,
    on: bool,
}

impl Listener {
    /// Joins and switches on. The answer is there when the request returns, so this knows.
    pub(super) fn start(rcvbuf: Option<u64>) -> Result<Self> {
        // Not 0, which is IGNORE's.
        let token = (std::process::id() ^ crate::common::clock::now() as u32) | 2;
        let member = Member::join(token, rcvbuf)?;
        member.ask(Op::Listen, token)?;
        let listener = Self { member, on: true };
        // The answer may stand behind what other listeners had switched on; all of that happened
        // before anybody was told that this monitor is ready.
        while let Some(said) = listener.member.hear()? {
            match said {
                Said::Answer { errno: 0, .. } => return Ok(listener),
                Said::Answer { errno, .. } => {
                    let error = io::Error::from_raw_os_error(errno as i32);
                    return Err(format!("netlink: the proc connector refuses LISTEN: {error}: run as root (CAP_NET_ADMIN)").into());
                }
                _ => {}
            }
        }
        Err(
            "netlink: the proc connector does not answer LISTEN: run as root of the initial user \
             and pid namespace, on a kernel with CONFIG_PROC_EVENTS=y"
                .into(),
        )
    }

    /// Switches off. What is queued stays to be read; nothing is added to it.
    pub(super) fn stop(&mut self) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        // Another token than LISTEN's, so that the filter keeps the answer out of the queue and of
        // the count of drops.
        self.member.ask(Op::Ignore, 0)?;
        self.on = false;
        // Before 6.6 a member goes on receiving as long as anybody listens.
        attach(&self.member.0, &wire::shut())
    }
}

impl Listener {
    /// Whether the queue has used up half of its room.
    pub(super) fn half_full(&self) -> Result<bool> {
        // SK_MEMINFO_RMEM_ALLOC and SK_MEMINFO_RCVBUF are its first two words.
        let mut info = [0_u32; 9];
        let mut length = size_of_val(&info) as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes into `info`.
        let done = unsafe {
            libc::getsockopt(
                self.as_fd().as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_MEMINFO,
                info.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        if done != 0 {
            let error = io::Error::last_os_error();
            return Err(format!("netlink: SO_MEMINFO: {error}: use kernel 4.12 or later").into());
        }
        Ok(info[0] > info[1] / 2)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.member.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // On the way out of an error there is nobody left to tell; recover() looks again.
        let _left_to_recover = self.stop();
    }
}

fn attach(socket: &Socket, program: &[sock_filter]) -> Result<()> {
    let program = sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: option and length are those of a sock_fprog, which points at `len` instructions that
    // outlive the call; the kernel only reads them.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            size_of::<sock_fprog>() as libc::socklen_t,
        )
    };
    if done == -1 as c_int {
        let error = io::Error::last_os_error();
        return Err(
            format!("netlink: SO_ATTACH_FILTER: {error}: use a kernel with CONFIG_NET").into(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::recover;
    use crate::test_support::as_root;

    #[test]
    fn the_bell_rings_for_execs_and_for_nothing_else() {
        as_root!();
        let bell = Bell::join().unwrap();
        let mut listener = Listener::start(None).unwrap();
        for _ in 0..20 {
            recover::spawn().unwrap();
        }
        let mut program = std::process::Command::new("true").spawn().unwrap();
        program.wait().unwrap();
        let mut rang = 0;
        while let Some(said) = bell.0.hear().unwrap() {
            let exec =
                matches!(said, Said::EventHeader(event) if event.kind == contract::Kind::Exec);
            assert!(exec, "{said:?}");
            rang += 1;
        }
        assert!(rang > 0);
        program = std::process::Command::new("true").spawn().unwrap();
        program.wait().unwrap();
        listener.stop().unwrap();
        bell.hush().unwrap();
        assert_eq!(bell.0.hear().unwrap(), None);
    }
}
