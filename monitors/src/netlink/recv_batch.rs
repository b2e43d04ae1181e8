//! Many datagrams with one call, into memory that is never allocated again.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use contract::Nanos;

use super::wire::{self, DATAGRAM, EventHeader, Said};

/// Datagrams held at most. At three a process this is a hundred and seventy processes: enough that
/// a call costs nothing beside what it brings, few enough that looking back through it is cheap.
pub(super) const MOST: usize = 512;
/// One byte more than a datagram has, so that a longer one is seen to be longer.
const ROOM: usize = DATAGRAM + 4;

/// What a receive call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// More are held, and more may be queued.
    Some,
    /// More are held, and there were no others.
    Last,
    /// The queue is empty.
    Nothing,
    /// The queue had overflowed; what is in it can still be read.
    Overflow,
}

/// The datagrams received since the batch was last emptied.
pub(super) struct Batch {
    bytes: Box<[[u8; ROOM]]>,
    from: Box<[libc::sockaddr_nl]>,
    vectors: Box<[libc::iovec]>,
    heads: Box<[libc::mmsghdr]>,
    held: Vec<Held>,
    /// Places filled, forged datagrams included.
    used: usize,
}

/// One datagram of the kernel's.
#[derive(Clone, Copy)]
pub(super) struct Held {
    /// When the call that brought it had returned.
    pub(super) received: Nanos,
    /// What it says, where it is about a process.
    pub(super) event: Option<EventHeader>,
    place: u16,
    length: u16,
}

impl Batch {
    pub(super) fn new() -> Self {
        // SAFETY: all three are plain C structures for which all zeroes is a value.
        let (from, vector, head) = unsafe {
            (
                MaybeUninit::<libc::sockaddr_nl>::zeroed().assume_init(),
                MaybeUninit::<libc::iovec>::zeroed().assume_init(),
                MaybeUninit::<libc::mmsghdr>::zeroed().assume_init(),
            )
        };
        let mut batch = Self {
            bytes: vec![[0; ROOM]; MOST].into(),
            from: vec![from; MOST].into(),
            vectors: vec![vector; MOST].into(),
            heads: vec![head; MOST].into(),
            held: Vec::with_capacity(MOST),
            used: 0,
        };
        for index in 0..MOST {
            batch.vectors[index].iov_base = batch.bytes[index].as_mut_ptr().cast();
            batch.vectors[index].iov_len = ROOM;
            let head = &mut batch.heads[index].msg_hdr;
            head.msg_iov = &raw mut batch.vectors[index];
            head.msg_iovlen = 1;
            head.msg_name = (&raw mut batch.from[index]).cast();
        }
        batch
    }

    /// What is held, oldest first.
    pub(super) fn held(&self) -> &[Held] {
        &self.held
    }

    /// The bytes of one of them.
    pub(super) fn bytes(&self, held: &Held) -> &[u8] {
        &self.bytes[usize::from(held.place)][..usize::from(held.length)]
    }

    /// Whether no more can be held.
    pub(super) fn is_full(&self) -> bool {
        self.used == MOST
    }

    /// Forgets what is held.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.used = 0;
    }

    /// Takes what is queued, without waiting, as far as there is room.
    pub(super) fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<Got> {
        let start = self.used;
        let room = &mut self.heads[start..];
        for head in &mut *room {
            head.msg_hdr.msg_namelen = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
        }
        // SAFETY: each header points at its own vector, buffer and address in boxes that live as
        // long as `self` and are not moved or read while the call runs; no timeout is given.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                room.as_mut_ptr(),
                room.len() as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        let received = crate::common::clock::now();
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            return match error.raw_os_error() {
                Some(libc::EAGAIN) => Ok(Got::Nothing),
                Some(libc::EINTR) => self.receive(socket),
                Some(libc::ENOBUFS) => Ok(Got::Overflow),
                _ => Err(error),
            };
        };
        self.used += count;
        let all = count < MOST - start;
        (start..start + count).for_each(|place| self.hold(place, received));
        Ok(if all { Got::Last } else { Got::Some })
    }

    fn hold(&mut self, place: usize, received: Nanos) {
        let length = (self.heads[place].msg_len as usize).min(ROOM);
        // Whoever may send to the group could forge a event; only the kernel has port 0.
        if self.from[place].nl_pid != 0 {
            return;
        }
        // What is no datagram of the connector's is held too: the decoder shall say so.
        let event = match wire::read(&self.bytes[place][..length]) {
            Some(Said::EventHeader(event)) => Some(event),
            _ => None,
        };
        self.held.push(Held {
            received,
            event,
            place: place as u16,
            length: length as u16,
        });
    }
}
