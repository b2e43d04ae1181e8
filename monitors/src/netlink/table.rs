//! /proc/net/netlink: who holds the connector's group, and what the kernel dropped on our socket.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd};

use contract::Result;

use super::wire::{GROUP, PROTOCOL};

const PATH: &str = "/proc/net/netlink";

/// One connector socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Port id; 0 is the kernel's own socket.
    pub(super) port: u32,
    /// Mask of the groups it is a member of.
    pub(super) groups: u32,
    /// Messages the kernel could not queue on it.
    pub(super) drops: u64,
    /// What fstat calls it.
    pub(super) inode: u64,
}

impl Row {
    /// Whether it is a member of the proc connector's group.
    pub(super) fn listens(&self) -> bool {
        self.port != 0 && self.groups & 1 << (GROUP - 1) != 0
    }
}

/// All connector sockets of this network namespace.
pub(super) fn read() -> Result<Vec<Row>> {
    let text = fs::read_to_string(PATH)
        .map_err(|error| format!("{PATH}: {error}: mount /proc and enable CONFIG_NET"))?;
    Ok(text.lines().skip(1).filter_map(parse).collect())
}

/// `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`; `None` for other protocols.
fn parse(line: &str) -> Option<Row> {
    let fields: Vec<_> = line.split_ascii_whitespace().collect();
    let &[_, protocol, port, groups, _, _, _, _, drops, inode] = fields.as_slice() else {
        return None;
    };
    (protocol.parse() == Ok(PROTOCOL)).then_some(())?;
    Some(Row {
        port: port.parse::<i64>().ok()? as u32,
        groups: u32::from_str_radix(groups, 16).ok()?,
        // Printed as a signed 32-bit number.
        drops: u64::from(drops.parse::<i64>().ok()? as u32),
        inode: inode.parse().ok()?,
    })
}

/// The inode that /proc/net/netlink shows for a socket.
pub(super) fn inode(socket: BorrowedFd<'_>) -> Result<u64> {
    let stat = nix::sys::stat::fstat(socket.as_fd())
        .map_err(|errno| format!("netlink: fstat of the socket: {errno}: report this"))?;
    Ok(stat.st_ino)
}

/// How many messages the kernel dropped on the socket with this inode.
pub(super) fn drops(inode: u64) -> Result<u64> {
    let rows = read()?;
    let row = rows.iter().find(|row| row.inode == inode);
    row.map(|row| row.drops).ok_or_else(|| {
        format!("{PATH}: has no line for our socket (inode {inode}): mount the /proc of this network namespace").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_other_protocols_are_not() {
        let line = "00000000f80b9ea0 11  -4026    00000001 768      0        0     2        12        5026    ";
        let row = parse(line).unwrap();
        assert!(row.listens());
        assert_eq!(
            (row.drops, row.inode, row.port),
            (12, 5026, (-4026_i32) as u32)
        );
        assert_eq!(parse(&line.replace(" 11 ", " 15 ")), None);
        assert_eq!(parse("nonsense"), None);
        let kernel = parse("0 11 0 00000001 0 0 0 2 0 1026").unwrap();
        assert!(!kernel.listens());
    }
}
