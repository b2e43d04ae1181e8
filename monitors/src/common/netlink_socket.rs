//! The queue of a netlink socket: its width, and in /proc/net/netlink who else holds a group and what
//! the kernel dropped.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use contract::Result;
use netlink_sys::Socket;
use nix::sys::socket::{setsockopt, sockopt};

const PATH: &str = "/proc/net/netlink";

/// One netlink socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
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

impl Row {
    /// Whether somebody holds `group`, counted from 1, with it.
    pub(crate) fn holds(&self, group: u32) -> bool {
        self.port != 0 && self.groups & 1 << (group - 1) != 0
    }
}

/// All sockets of `protocol` in this network namespace.
pub(crate) fn read(protocol: u32) -> Result<Vec<Row>> {
    let text = fs::read_to_string(PATH)
        .map_err(|error| format!("{PATH}: {error}: mount /proc and enable CONFIG_NET"))?;
    let rows = text.lines().skip(1).filter_map(parse);
    Ok(rows.filter(|row| row.protocol == protocol).collect())
}

/// `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`.
fn parse(line: &str) -> Option<Row> {
    let fields: Vec<_> = line.split_ascii_whitespace().collect();
    let &[_, protocol, port, groups, _, _, _, _, drops, inode] = fields.as_slice() else {
        return None;
    };
    Some(Row {
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
    let stat = nix::sys::stat::fstat(socket.as_fd())
        .map_err(|errno| format!("fstat of a netlink socket: {errno}: report this"))?;
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

/// Gives a socket a queue of twice so many bytes, as the kernel does; `owner` is the monitor.
pub(crate) fn widen(owner: &str, socket: &Socket, bytes: u64) -> Result<()> {
    const MOST: u64 = 1 << 30;
    if bytes >= MOST {
        return Err(
            format!("{owner}{{rcvbuf={bytes}}}: the kernel takes less than 1G: give less").into(),
        );
    }
    // SAFETY: the descriptor is open as long as `socket` lives.
    let fd = unsafe { BorrowedFd::borrow_raw(socket.as_raw_fd()) };
    setsockopt(&fd, sockopt::RcvBufForce, &(bytes as usize)).map_err(|errno| {
        format!("{owner}{{rcvbuf={bytes}}}: SO_RCVBUFFORCE: {errno}: run as root (CAP_NET_ADMIN) or use rcvbuf=kernel").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
