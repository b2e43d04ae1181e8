//! The audit system's own netlink protocol: commands out, answers in.

use std::io;
use std::time::Duration;

use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::sys::{socket, time::TimeVal};
use serde::{Deserialize, Serialize};

use super::rules::Rule;

/// Length of `struct nlmsghdr`, which every datagram begins with.
pub(super) const HEADER: usize = 16;
pub(super) const ERROR: u16 = libc::NLMSG_ERROR as u16;
/// NETLINK_AUDIT, as /proc/net/netlink shows it.
pub(super) const PROTOCOL: u32 = 9;
/// Type of the monitor's own frames among those of netlink, which the kernel never uses: how far
/// the wall clock is ahead of CLOCK_MONOTONIC, in nanoseconds, eight bytes, little-endian.
pub(super) const OFFSET: u16 = 0xffff;
/// Another one, without content: the records of an exec that tell more are asked for.
pub(super) const DETAILED: u16 = 0xfffe;
const DONE: u16 = libc::NLMSG_DONE as u16;
const GET: u16 = 1000;
const SET: u16 = 1001;
const ADD_RULE: u16 = 1011;
const DEL_RULE: u16 = 1012;
const LIST_RULES: u16 = 1013;
/// How long the kernel may take to answer a command before that counts as an error.
const PATIENCE: Duration = Duration::from_secs(10);

/// `struct audit_status` without its mask: what the kernel says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Status {
    pub(super) enabled: u32,
    pub(super) failure: u32,
    pub(super) pid: u32,
    pub(super) rate_limit: u32,
    pub(super) backlog_limit: u32,
    pub(super) lost: u32,
    /// Records in the kernel's queue.
    #[serde(default)]
    pub(super) backlog: u32,
    pub(super) backlog_wait_time: u32,
    pub(super) backlog_wait_time_actual: u32,
}

/// A setting, as its bit in the mask of `struct audit_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Field {
    Enabled = 1,
    Failure = 2,
    Pid = 4,
    RateLimit = 8,
    BacklogLimit = 0x10,
    BacklogWaitTime = 0x20,
}

impl Field {
    /// What is found and put back, in the order in which it is set. The pid is no such setting:
    /// a process can register and unregister only itself.
    pub(super) const KEPT: [Field; 5] = [
        Field::Failure,
        Field::RateLimit,
        Field::BacklogLimit,
        Field::BacklogWaitTime,
        Field::Enabled,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Field::Enabled => "enabled",
            Field::Failure => "failure",
            Field::Pid => "pid",
            Field::RateLimit => "rate_limit",
            Field::BacklogLimit => "backlog_limit",
            Field::BacklogWaitTime => "backlog_wait_time",
        }
    }

    /// Its place among the words of `struct audit_status`.
    const fn word(self) -> usize {
        match self {
            Field::Enabled => 1,
            Field::Failure => 2,
            Field::Pid => 3,
            Field::RateLimit => 4,
            Field::BacklogLimit => 5,
            Field::BacklogWaitTime => 9,
        }
    }
}

impl Status {
    /// Older kernels answer with fewer words: what they leave out reads as 0.
    fn parse(payload: &[u8]) -> Self {
        let word = |index: usize| {
            let bytes = payload.get(index * 4..index * 4 + 4);
            bytes.map_or(0, |bytes| {
                u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
            })
        };
        Self {
            enabled: word(1),
            failure: word(2),
            pid: word(3),
            rate_limit: word(4),
            backlog_limit: word(5),
            lost: word(6),
            backlog: word(7),
            backlog_wait_time: word(9),
            backlog_wait_time_actual: word(10),
        }
    }

    /// The value of one setting.
    pub(super) const fn of(&self, field: Field) -> u32 {
        match field {
            Field::Enabled => self.enabled,
            Field::Failure => self.failure,
            Field::Pid => self.pid,
            Field::RateLimit => self.rate_limit,
            Field::BacklogLimit => self.backlog_limit,
            Field::BacklogWaitTime => self.backlog_wait_time,
        }
    }

    /// The payload that sets `field`, and nothing else, to `value`.
    pub(super) fn setting(field: Field, value: u32) -> Vec<u8> {
        let mut words = [0_u32; 11];
        words[0] = field as u32;
        words[field.word()] = value;
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }
}

/// A message of type `kind` in the shape of netlink.
pub(super) fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(&((HEADER + payload.len()) as u32).to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&flags.to_ne_bytes());
    bytes.extend_from_slice(&sequence.to_ne_bytes());
    bytes.extend_from_slice(&0_u32.to_ne_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Type and payload of a datagram. Its own length counts, not the header's: the kernel leaves the
/// header out of that when it sends records to an audit daemon.
pub(super) fn split(datagram: &[u8]) -> Option<(u16, &[u8])> {
    let kind = datagram.get(4..6)?;
    let payload = datagram.get(HEADER..)?;
    Some((u16::from_ne_bytes([kind[0], kind[1]]), payload))
}

/// The error in the payload of a message of type [`ERROR`]; `Ok` for a plain acknowledgement.
pub(super) fn verdict(payload: &[u8]) -> Result<(), Errno> {
    match payload.get(..4) {
        Some(&[a, b, c, d]) => match i32::from_ne_bytes([a, b, c, d]) {
            code if code < 0 => Err(Errno::from_raw(-code)),
            _ => Ok(()),
        },
        _ => Err(Errno::EBADMSG),
    }
}

/// The registration of this process as the audit daemon; it holds for the socket it is sent on.
pub(super) fn registration(pid: u32) -> Vec<u8> {
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
    message(SET, flags, 0, &Status::setting(Field::Pid, pid))
}

/// A socket for commands, so that their answers do not mix with records.
pub(super) struct Control {
    socket: Socket,
    sequence: u32,
}

impl Control {
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(PROTOCOL as isize)?;
        socket.bind_auto()?;
        let patience = TimeVal::new(PATIENCE.as_secs() as i64, 0);
        socket::setsockopt(&socket, socket::sockopt::ReceiveTimeout, &patience)?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    fn send(&mut self, kind: u16, flags: i32, payload: &[u8]) -> Result<(), Errno> {
        self.sequence += 1;
        let flags = (libc::NLM_F_REQUEST | flags) as u16;
        let bytes = message(kind, flags, self.sequence, payload);
        let kernel = SocketAddr::new(0, 0);
        let sent = self.socket.send_to(&bytes, &kernel, 0);
        sent.map_err(|error| errno(&error))?;
        Ok(())
    }

    /// Reads until `take` is satisfied. Answers to commands that were given up do not count.
    fn receive<T>(&self, mut take: impl FnMut(u16, &[u8]) -> Option<T>) -> Result<T, Errno> {
        let mut buffer = vec![0_u8; 1 << 14];
        loop {
            let length = match nix::unistd::read(&self.socket, &mut buffer) {
                Err(Errno::EINTR) => continue,
                // SO_RCVTIMEO ran out.
                Err(Errno::EAGAIN) => return Err(Errno::ETIMEDOUT),
                other => other?,
            };
            let Some((kind, payload)) = split(&buffer[..length]) else {
                continue;
            };
            if buffer[8..12] != self.sequence.to_ne_bytes() {
                continue;
            }
            if kind == ERROR {
                verdict(payload)?;
            }
            if let Some(done) = take(kind, payload) {
                return Ok(done);
            }
        }
    }

    fn acknowledged(&mut self, kind: u16, payload: &[u8]) -> Result<(), Errno> {
        self.send(kind, libc::NLM_F_ACK, payload)?;
        self.receive(|kind, _| (kind == ERROR).then_some(()))
    }

    /// AUDIT_GET.
    pub(super) fn status(&mut self) -> Result<Status, Errno> {
        self.send(GET, 0, &[])?;
        self.receive(|kind, payload| (kind == GET).then(|| Status::parse(payload)))
    }

    /// AUDIT_SET of one field.
    pub(super) fn set(&mut self, field: Field, value: u32) -> Result<(), Errno> {
        self.acknowledged(SET, &Status::setting(field, value))
    }

    /// AUDIT_LIST_RULES: every rule of everybody.
    pub(super) fn rules(&mut self) -> Result<Vec<Rule>, Errno> {
        self.send(LIST_RULES, 0, &[])?;
        let mut rules = Vec::new();
        self.receive(|kind, payload| {
            if kind == LIST_RULES {
                rules.extend(Rule::parse(payload));
            }
            (kind == DONE).then_some(())
        })?;
        Ok(rules)
    }

    /// AUDIT_ADD_RULE; a rule that is there already may stay.
    pub(super) fn add(&mut self, rule: &Rule) -> Result<(), Errno> {
        match self.acknowledged(ADD_RULE, rule.bytes()) {
            Err(Errno::EEXIST) => Ok(()),
            other => other,
        }
    }

    /// AUDIT_DEL_RULE; says whether it was there.
    pub(super) fn delete(&mut self, rule: &Rule) -> Result<bool, Errno> {
        match self.acknowledged(DEL_RULE, rule.bytes()) {
            Ok(()) => Ok(true),
            Err(Errno::ENOENT) => Ok(false),
            Err(other) => Err(other),
        }
    }
}

/// The number of an error that has one.
pub(super) fn errno(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_touches_one_field_only() {
        let mut words = Status::setting(Field::BacklogWaitTime, 7);
        assert_eq!(words[..4], 0x20_u32.to_ne_bytes());
        let expected = Status {
            backlog_wait_time: 7,
            ..Status::default()
        };
        assert_eq!(Status::parse(&words), expected);
        words.truncate(20);
        assert_eq!(Status::parse(&words), Status::default());
    }

    #[test]
    fn messages_split_into_what_they_were_made_of() {
        let bytes = message(ERROR, 0, 1, &(-17_i32).to_ne_bytes());
        let (kind, payload) = split(&bytes).unwrap();
        assert_eq!((kind, verdict(payload)), (ERROR, Err(Errno::EEXIST)));
        assert_eq!(verdict(&[0; 4]), Ok(()));
        assert!(split(&bytes[..15]).is_none() && verdict(&[0; 3]).is_err());
    }
}
