//! Datagrams of the connector, held until what they were looked up for is written.

use std::os::fd::AsFd;

use contract::Nanos;
use nix::errno::Errno;

use super::wire::{self, DATAGRAM, Message, ProcessEvent};
use crate::common::recv_batch::RecvBatch;

/// Datagrams held at most. At three a process this is a hundred and seventy processes: enough that
/// a call costs nothing beside what it brings, few enough that looking back through it is cheap.
pub(super) const MOST: usize = 512;
/// More than a datagram has, so that a longer one is seen to be longer.
const ROOM: usize = DATAGRAM + 4;

/// What a receive call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
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
    places: RecvBatch,
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
    pub(super) event: Option<ProcessEvent>,
    place: u16,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            places: RecvBatch::new(MOST, ROOM),
            held: Vec::with_capacity(MOST),
            used: 0,
        }
    }

    /// What is held, oldest first.
    pub(super) fn held(&self) -> &[Held] {
        &self.held
    }

    /// The bytes of one of them.
    pub(super) fn bytes(&self, held: &Held) -> &[u8] {
        self.places.datagram(usize::from(held.place)).bytes
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
    pub(super) fn receive(&mut self, socket: &impl AsFd) -> Result<Received, Errno> {
        let start = self.used;
        let count = loop {
            match self.places.receive(socket, start) {
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(Received::Nothing),
                Err(Errno::ENOBUFS) => return Ok(Received::Overflow),
                other => break other?,
            }
        };
        let received = crate::common::clock::now();
        self.used += count;
        (start..start + count).for_each(|place| self.hold(place, received));
        Ok(if count < MOST - start {
            Received::Last
        } else {
            Received::Some
        })
    }

    fn hold(&mut self, place: usize, received: Nanos) {
        let datagram = self.places.datagram(place);
        // A process that may send to the group could forge an event; only the kernel has port 0.
        if datagram.port != 0 {
            return;
        }
        // What is no datagram of the connector's is held too: the decoder reports it as malformed.
        let event = match wire::read(datagram.bytes) {
            Some(Message::Event(event)) => Some(event),
            _ => None,
        };
        self.held.push(Held {
            received,
            event,
            place: place as u16,
        });
    }
}
