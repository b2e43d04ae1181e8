//! The socket: bound to the group, filtered, listening, and never left listening.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use contract::Result;
use libc::sock_filter;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use crate::common::netlink_socket;

use super::wire::{self, GROUP, Message, Op, PROTOCOL};

/// A member of the group that has not asked for anything: it receives only what is switched on
/// already.
pub(super) struct Member(Socket);

impl Member {
    /// Joins; `token` marks the one answer that is let through.
    pub(super) fn join(token: u32, rcvbuf: Option<u64>) -> Result<Self> {
        Self::filtered(&wire::filter(token), rcvbuf, false)
    }

    /// The same, of names that threads are given.
    pub(super) fn of_names() -> Result<Self> {
        Self::filtered(&wire::names(), None, false)
    }

    /// With `quiet` an overflow is no error of the next call.
    fn filtered(filter: &[sock_filter], rcvbuf: Option<u64>, quiet: bool) -> Result<Self> {
        let mut socket = netlink_socket::open(PROTOCOL, "NETLINK_CONNECTOR", "CONFIG_CONNECTOR=y")?;
        // Before joining, so that nothing unwanted is ever in the queue.
        netlink_socket::attach("netlink", &socket, filter)?;
        if let Some(bytes) = rcvbuf {
            netlink_socket::widen("netlink", &socket, bytes)?;
        }
        if quiet {
            let quietly = socket.set_no_enobufs(true);
            quietly.map_err(|error| {
                format!("netlink: NETLINK_NO_ENOBUFS: {error}: this is a bug, please report it")
            })?;
        }
        let bound = socket.bind(&SocketAddr::new(0, 1 << (GROUP - 1)));
        bound.map_err(|error| {
            format!("netlink: bind to the group CN_IDX_PROC: {error}: run as root (CAP_NET_ADMIN)")
        })?;
        let waiting = socket.set_non_blocking(true);
        waiting.map_err(|error| {
            format!("netlink: O_NONBLOCK: {error}: this is a bug, please report it")
        })?;
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
    pub(super) fn hear(&self) -> Result<Option<Message>> {
        let mut bytes = Vec::with_capacity(wire::DATAGRAM + 1);
        match self.0.recv(&mut bytes, 0) {
            Ok(_) => Ok(Some(wire::read(&bytes).unwrap_or(Message::Other))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            // Others listen already, and more happened than there is room for.
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => Ok(Some(Message::Other)),
            Err(error) => {
                Err(format!("netlink: recv: {error}: this is a bug, please report it").into())
            }
        }
    }
}

impl AsFd for Member {
    fn as_fd(&self) -> BorrowedFd<'_> {
        netlink_socket::borrowed(&self.0)
    }
}

/// A second member, which is told of execs and nothing else: waiting for it does not end with the
/// forks and exits between them. What it is told the listener is told too, so its queue may overflow.
pub(super) struct ExecWaker(Member);

impl ExecWaker {
    /// Joins. Best after the listener: the kernel tells the latest member first, and a member that
    /// refuses a message before another has taken it costs no copy of it.
    pub(super) fn join() -> Result<Self> {
        // The least the kernel gives: a few messages. Quiet before it joins: under a storm its queue
        // overflows at once.
        Ok(Self(Member::filtered(&wire::execs(), Some(1), true)?))
    }

    /// Empties its queue.
    pub(super) fn clear(&self) -> Result<()> {
        loop {
            // Cut to nothing: only that it came matters.
            match recv(self.0.0.as_raw_fd(), &mut [], MsgFlags::MSG_DONTWAIT) {
                // An overflow means that something came.
                Ok(_) | Err(Errno::EINTR | Errno::ENOBUFS) => {}
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => {
                    return Err(
                        format!("netlink: recv: {errno}: this is a bug, please report it").into(),
                    );
                }
            }
        }
    }
}

impl AsFd for ExecWaker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// So far below 0 other programs may have taken the count of listeners.
pub(super) const MOST_BELOW: u32 = 64;

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
        for _ in 0..MOST_BELOW {
            if listener.answered()? {
                return Ok(listener);
            }
            listener.count_up_with(token)?;
        }
        Err(
            "netlink: the proc connector does not answer LISTEN: run as root of the initial user \
             and pid namespace, on a kernel with CONFIG_PROC_EVENTS=y"
                .into(),
        )
    }

    /// Adds one to the kernel's count of listeners, off which another program has taken one too many.
    pub(super) fn count_up(&self) -> Result<()> {
        // Another token than that of LISTEN's answer, which is let through.
        self.count_up_with(0)
    }

    fn count_up_with(&self, token: u32) -> Result<()> {
        // Since 6.6 a second LISTEN counts only after another request.
        self.member.ask(Op::Refused, 0)?;
        self.member.ask(Op::Listen, token)
    }

    /// Whether LISTEN was answered: it is not, where the count is still not above 0.
    fn answered(&self) -> Result<bool> {
        // The answer may stand behind what other listeners had switched on; all of that happened
        // before this monitor said that it is ready.
        while let Some(said) = self.member.hear()? {
            match said {
                Message::Answer { errno: 0, .. } => return Ok(true),
                Message::Answer { errno, .. } => {
                    let error = io::Error::from_raw_os_error(errno as i32);
                    return Err(format!("netlink: the proc connector refuses LISTEN: {error}: run as root (CAP_NET_ADMIN)").into());
                }
                _ => {}
            }
        }
        Ok(false)
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
        // Before 6.6 a member goes on receiving as long as any socket listens.
        netlink_socket::attach("netlink", &self.member.0, &wire::shut())
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.member.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // On the way out of an error this one adds nothing; recover() looks again.
        let _left_to_recover = self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::recover;
    use crate::test_support::on_machine_for;

    #[test]
    #[ignore = "needs root"]
    fn the_waker_wakes_for_execs_and_for_nothing_else() {
        on_machine_for!(super::super::Netlink);
        let waker = ExecWaker::join().unwrap();
        let mut listener = Listener::start(None).unwrap();
        for _ in 0..20 {
            recover::spawn().unwrap();
        }
        let mut program = std::process::Command::new("true").spawn().unwrap();
        program.wait().unwrap();
        let mut woken = 0;
        while let Some(said) = waker.0.hear().unwrap() {
            let exec = matches!(said, Message::Event(event) if event.kind == contract::Kind::Exec);
            assert!(exec, "{said:?}");
            woken += 1;
        }
        assert!(woken > 0);
        program = std::process::Command::new("true").spawn().unwrap();
        program.wait().unwrap();
        listener.stop().unwrap();
        waker.clear().unwrap();
        assert_eq!(waker.0.hear().unwrap(), None);
    }

    /// As when its queue overflows between joining and the switch that makes that no error.
    #[test]
    #[ignore = "needs root"]
    fn kind_17_an_overflow_of_the_waker_is_no_error() {
        on_machine_for!(super::super::Netlink);
        let loud = ExecWaker(Member::filtered(&wire::execs(), Some(1), false).unwrap());
        let quiet = ExecWaker::join().unwrap();
        let mut listener = Listener::start(None).unwrap();
        for _ in 0..50 {
            let done = std::process::Command::new("true").status();
            assert!(done.unwrap().success());
        }
        listener.stop().unwrap();
        for waker in [loud, quiet] {
            waker.clear().unwrap();
            assert_eq!(waker.0.hear().unwrap(), None);
        }
    }
}
