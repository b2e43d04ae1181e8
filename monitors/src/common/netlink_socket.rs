//! The receive queue of a netlink socket: its size and fill, and in /proc/net/netlink which other
//! sockets are members of a group and what the kernel dropped.
//!
//! The kernel accounts a message by the memory that it takes (`truesize`: the message, its `sk_buff`
//! and what their allocators round up), and drops when what is queued exceeds the size. Size and fill
//! here are in those bytes.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use contract::{Buffer, Result};
use libc::{c_int, sock_filter, sock_fprog};
use netlink_sys::Socket;
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};

use super::reasons;

/// Not /proc/net/netlink, the same file, which a /proc with subset=pid does not have.
const PATH: &str = "/proc/self/net/netlink";

/// One netlink socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketEntry {
    /// Its protocol (NETLINK_CONNECTOR, NETLINK_GENERIC...).
    pub(crate) protocol: u32,
    /// Port id; 0 is the kernel's own socket.
    pub(crate) port: u32,
    /// Mask of the groups it is a member of.
    pub(crate) groups: u32,
    /// Messages the kernel could not queue on it.
    pub(crate) drops: u64,
    /// What fstat calls it.
    pub(crate) inode: u64,
}

impl SocketEntry {
    /// Whether it is a process's member of `group`, counted from 1.
    pub(crate) fn holds(&self, group: u32) -> bool {
        self.port != 0 && self.groups & 1 << (group - 1) != 0
    }
}

/// A netlink socket of `protocol`, which is called `name` and takes `config`.
pub(crate) fn open(protocol: u32, name: &str, config: &str) -> Result<Socket> {
    let opened = Socket::new(protocol as isize);
    let failed = |error: std::io::Error| {
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or_default());
        reasons::no_descriptor(&format!("socket({name})"), errno, config)
    };
    Ok(opened.map_err(failed)?)
}

/// Lets `program` choose what is queued on the socket; `owner` is named in an error.
pub(crate) fn attach(owner: &str, socket: &Socket, program: &[sock_filter]) -> Result<()> {
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
            format!("{owner}: SO_ATTACH_FILTER: {error}: use a kernel with CONFIG_NET").into(),
        );
    }
    Ok(())
}

/// All sockets of `protocol` in this network namespace.
pub(crate) fn read(protocol: u32) -> Result<Vec<SocketEntry>> {
    let text = fs::read_to_string(PATH).map_err(|error| reasons::unread(PATH, &error))?;
    let rows = text.lines().skip(1).filter_map(parse);
    Ok(rows.filter(|row| row.protocol == protocol).collect())
}

/// `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`.
fn parse(line: &str) -> Option<SocketEntry> {
    let fields: Vec<_> = line.split_ascii_whitespace().collect();
    let &[_, protocol, port, groups, _, _, _, _, drops, inode] = fields.as_slice() else {
        return None;
    };
    Some(SocketEntry {
        protocol: protocol.parse().ok()?,
        port: port.parse::<i64>().ok()? as u32,
        groups: u32::from_str_radix(groups, 16).ok()?,
        // Printed as a signed 32-bit number.
        drops: u64::from(drops.parse::<i64>().ok()? as u32),
        inode: inode.parse().ok()?,
    })
}

/// The inode that /proc/net/netlink shows for a socket.
pub(crate) fn inode(socket: BorrowedFd<'_>) -> Result<u64> {
    let stat = nix::sys::stat::fstat(socket.as_fd()).map_err(|errno| {
        format!("fstat of a netlink socket: {errno}: this is a bug, please report it")
    })?;
    Ok(stat.st_ino)
}

/// How many messages the kernel dropped on the socket with this inode.
pub(crate) fn drops(protocol: u32, inode: u64) -> Result<u64> {
    let rows = read(protocol)?;
    let row = rows.iter().find(|row| row.inode == inode);
    row.map(|row| row.drops).ok_or_else(|| {
        format!("{PATH}: has no line for our socket (inode {inode}): mount the /proc of this network namespace").into()
    })
}

/// How many of them since there were `before`; the kernel counts in 32 bits.
pub(crate) fn dropped(protocol: u32, inode: u64, before: u64) -> Result<u64> {
    Ok(drops(protocol, inode)?.wrapping_sub(before) & u64::from(u32::MAX))
}

/// The least that a message takes in a queue, on every kernel from 5.10 on: an `sk_buff` of 256
/// bytes, and its data with 320 bytes of `skb_shared_info` rounded up to 512. Longer messages and
/// kernels that keep small heads in a cache of their own take more.
pub(crate) const LEAST_MESSAGE: u64 = 768;

/// The queue as a [`Buffer`], with `least` bytes for a message; `rcvbuf` as for [`widen`].
pub(crate) fn buffer(rcvbuf: Option<u64>, least: u64) -> Buffer {
    capacity(rcvbuf).map_or(Buffer::Unknown, |capacity| Buffer::Bounded {
        capacity,
        unit: "bytes",
        least_per_event: least,
    })
}

/// How much a queue holds that was widened to `rcvbuf`, or that was left as it comes.
pub(crate) fn capacity(rcvbuf: Option<u64>) -> Option<u64> {
    match rcvbuf {
        Some(bytes) => Some((2 * bytes).max(SMALLEST)),
        None => {
            let text = fs::read_to_string("/proc/sys/net/core/rmem_default").ok()?;
            text.trim().parse().ok()
        }
    }
}

/// SOCK_MIN_RCVBUF, as it has been since 3.14 where a cache line has 64 bytes.
const SMALLEST: u64 = 2304;

/// How full a queue is, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    pub(crate) fill: u64,
    pub(crate) capacity: u64,
}

impl Queue {
    /// Asks the kernel, with one short system call (SO_MEMINFO, since 4.12). The fill may exceed the
    /// capacity by one message.
    pub(crate) fn of(socket: &impl AsFd) -> nix::Result<Self> {
        // SK_MEMINFO_RMEM_ALLOC and SK_MEMINFO_RCVBUF are its first two words.
        let mut info = [0_u32; 9];
        let mut length = size_of_val(&info) as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes into `info`.
        let done = unsafe {
            libc::getsockopt(
                socket.as_fd().as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_MEMINFO,
                info.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        Errno::result(done)?;
        let [fill, capacity] = [info[0], info[1]].map(u64::from);
        Ok(Self { fill, capacity })
    }
}

/// Borrows the descriptor of a socket, which of itself shows only its number.
pub(crate) fn borrowed(socket: &Socket) -> BorrowedFd<'_> {
    // SAFETY: the descriptor is open as long as the socket lives, which is borrowed for as long.
    unsafe { BorrowedFd::borrow_raw(socket.as_raw_fd()) }
}

/// Gives a socket a queue of twice so many bytes, as the kernel does; `owner` is the monitor.
pub(crate) fn widen(owner: &str, socket: &Socket, bytes: u64) -> Result<()> {
    const MOST: u64 = 1 << 30;
    if bytes >= MOST {
        return Err(
            format!("{owner}{{rcvbuf={bytes}}}: the kernel takes less than 1G: give less").into(),
        );
    }
    setsockopt(&borrowed(socket), sockopt::RcvBufForce, &(bytes as usize)).map_err(|errno| {
        format!("{owner}{{rcvbuf={bytes}}}: SO_RCVBUFFORCE: {errno}: run as root (CAP_NET_ADMIN) or use rcvbuf=kernel").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_holds_what_the_kernel_says() {
        let socket = Socket::new(libc::NETLINK_USERSOCK as isize).unwrap();
        let fd = borrowed(&socket);
        let found = Queue::of(&fd).unwrap();
        assert_eq!((found.fill, Some(found.capacity)), (0, capacity(None)));
        for bytes in [1, 8 << 10, 100 << 10] {
            setsockopt(&fd, sockopt::RcvBuf, &(bytes as usize)).unwrap();
            assert_eq!(
                Some(Queue::of(&fd).unwrap().capacity),
                capacity(Some(bytes))
            );
        }
    }

    #[test]
    fn a_line_is_read() {
        let line = "00000000f80b9ea0 11  -4026    00000001 768      0        0     2        12        5026    ";
        let row = parse(line).unwrap();
        assert!(row.holds(1) && !row.holds(2));
        assert_eq!(
            (row.protocol, row.drops, row.inode, row.port),
            (11, 12, 5026, (-4026_i32) as u32)
        );
        assert_eq!(parse("nonsense"), None);
        let kernel = parse("0 11 0 00000001 0 0 0 2 0 1026").unwrap();
        assert!(!kernel.holds(1));
    }
}
