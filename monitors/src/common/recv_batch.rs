//! Many datagrams with one system call, into memory that is set up once.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use nix::errno::Errno;

/// Places for datagrams.
pub(crate) struct RecvBatch {
    bytes: Box<[u8]>,
    room: usize,
    headers: Box<[libc::mmsghdr]>,
    senders: Box<[libc::sockaddr_nl]>,
    // The headers point into it and into the senders, and it points into the bytes: all of them
    // stay where they are as long as this lives.
    _parts: Box<[libc::iovec]>,
}

/// One datagram that was received.
pub(crate) struct Datagram<'a> {
    /// As far as there was room for it.
    pub(crate) bytes: &'a [u8],
    /// Whether it was longer than its room.
    pub(crate) cut: bool,
    /// The port it was sent from; the kernel alone has port 0.
    pub(crate) port: u32,
}

impl RecvBatch {
    /// `places` places of `room` bytes each.
    pub(crate) fn new(places: usize, room: usize) -> Self {
        let mut bytes: Box<[u8]> = vec![0; places * room].into();
        // SAFETY: both are plain C structures for which all zeroes is a value: no name, no parts, no
        // control data. Musl pads one with private fields, so that it cannot be written out.
        let (header, sender): (libc::mmsghdr, libc::sockaddr_nl) = unsafe {
            (
                MaybeUninit::zeroed().assume_init(),
                MaybeUninit::zeroed().assume_init(),
            )
        };
        let mut senders: Box<[_]> = vec![sender; places].into();
        let mut headers: Box<[_]> = vec![header; places].into();
        let part = |room: &mut [u8]| libc::iovec {
            iov_base: room.as_mut_ptr().cast(),
            iov_len: room.len(),
        };
        let mut parts: Box<[_]> = bytes.chunks_exact_mut(room).map(part).collect();
        for ((header, part), sender) in headers.iter_mut().zip(&mut parts).zip(&mut senders) {
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = ptr::from_mut(sender).cast();
        }
        Self {
            bytes,
            room,
            headers,
            senders,
            _parts: parts,
        }
    }

    /// Takes what is queued, without waiting, into the places from `first` on; how many datagrams
    /// that was.
    pub(crate) fn receive(&mut self, socket: &impl AsFd, first: usize) -> Result<usize, Errno> {
        let headers = &mut self.headers[first..];
        for header in &mut *headers {
            header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
        }
        // SAFETY: each header points at its own part, room and sender in boxes that live as long as
        // `self` and are neither moved nor read while the call runs; no timeout is given.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_fd().as_raw_fd(),
                headers.as_mut_ptr(),
                headers.len() as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                ptr::null_mut(),
            )
        };
        Ok(Errno::result(count)? as usize)
    }

    /// The datagram in `place`.
    pub(crate) fn datagram(&self, place: usize) -> Datagram<'_> {
        let header = &self.headers[place];
        let length = (header.msg_len as usize).min(self.room);
        Datagram {
            bytes: &self.bytes[place * self.room..][..length],
            cut: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            port: self.senders[place].nl_pid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn datagrams_come_in_order_and_a_long_one_is_cut() {
        let (to, from) = UnixDatagram::pair().unwrap();
        let mut batch = RecvBatch::new(4, 8);
        assert_eq!(batch.receive(&from, 0), Err(Errno::EAGAIN));
        for text in ["one", "", "longer than its room"] {
            to.send(text.as_bytes()).unwrap();
        }
        assert_eq!(batch.receive(&from, 1), Ok(3));
        let of = |place| {
            let datagram = batch.datagram(place);
            (datagram.bytes.to_vec(), datagram.cut)
        };
        assert_eq!(of(1), (b"one".to_vec(), false));
        assert_eq!(of(2), (Vec::new(), false));
        assert_eq!(of(3), (b"longer t".to_vec(), true));
    }
}
