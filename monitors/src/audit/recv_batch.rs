//! Many datagrams with one system call, into memory that is set up once.

use std::os::fd::AsRawFd;
use std::ptr;

use nix::errno::Errno;

/// Datagrams taken at once, and room for each: the longest record has 8,560 bytes of text.
pub(super) const BATCH: usize = 64;
const ROOM: usize = 12 << 10;

/// Where datagrams arrive.
pub(super) struct Inbox {
    bytes: Vec<u8>,
    headers: Vec<libc::mmsghdr>,
    // The headers point into it, and it points into the bytes: both stay as long as they are.
    _parts: Vec<libc::iovec>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        let mut bytes = vec![0; BATCH * ROOM];
        let part = |room: &mut [u8]| libc::iovec {
            iov_base: room.as_mut_ptr().cast(),
            iov_len: room.len(),
        };
        let mut parts: Vec<_> = bytes.chunks_exact_mut(ROOM).map(part).collect();
        let headers = parts.iter_mut().map(header).collect();
        Self {
            bytes,
            headers,
            _parts: parts,
        }
    }

    /// Takes what is there, without waiting, and says how many datagrams that was.
    pub(super) fn receive(&mut self, socket: &impl AsRawFd) -> Result<usize, Errno> {
        // SAFETY: every header points to one part and every part to its own room of `bytes`; all
        // three vectors are as long as they were made and nothing borrows from them here.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                self.headers.len() as libc::c_uint,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        Ok(Errno::result(count)? as usize)
    }

    /// One of them, and whether it was longer than its room.
    pub(super) fn datagram(&self, index: usize) -> (&[u8], bool) {
        let header = &self.headers[index];
        let start = index * ROOM;
        let length = (header.msg_len as usize).min(ROOM);
        let cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
        (&self.bytes[start..start + length], cut)
    }
}

fn header(part: &mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: all bytes 0 are a valid header: no name, no parts, no control data. Musl pads it
    // with private fields, so that it cannot be written out.
    let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
    header.msg_hdr.msg_iov = part;
    header.msg_hdr.msg_iovlen = 1;
    header
}
