//! The filter that holds the execs of a process and of all that descend from it.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;

/// execve and execveat by the calls of each ABI. x32 has those of x86-64 with a bit of its own, and others.
const CALLS: &[(u32, &[u32])] = &[
    #[cfg(target_arch = "x86_64")]
    (0xc000_003e, &[59, 322, 0x4000_0208, 0x4000_0221]),
    #[cfg(target_arch = "x86_64")]
    (0x4000_0003, &[11, 358]),
    #[cfg(target_arch = "aarch64")]
    (0xc000_00b7, &[221, 281]),
    #[cfg(target_arch = "aarch64")]
    (0x4000_0028, &[11, 387]),
];

/// Installs it, and tells the supervisor of process and number of its listener. Between fork and exec: it makes system
/// calls only, allocates nothing and takes no lock.
pub(in super::super) fn install(
    program: &[libc::sock_filter],
    tell: BorrowedFd<'_>,
) -> io::Result<()> {
    let listener = match listen(program) {
        Err(why) if why.raw_os_error() == Some(libc::EACCES) => {
            // SAFETY: takes numbers alone.
            if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
                return Err(io::Error::last_os_error());
            }
            listen(program)?
        }
        listener => listener?,
    };
    // SAFETY: takes nothing.
    let pid = unsafe { libc::getpid() };
    let mut words = [0; 8];
    words[..4].copy_from_slice(&pid.to_ne_bytes());
    words[4..].copy_from_slice(&listener.to_ne_bytes());
    // SAFETY: the words are there for the length that is given.
    let written = unsafe { libc::write(tell.as_raw_fd(), words.as_ptr().cast(), words.len()) };
    match written {
        8 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn listen(program: &[libc::sock_filter]) -> io::Result<i32> {
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel copies the program, which is there for its length, and keeps no pointer.
    let listener = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    match listener {
        0.. => Ok(listener as i32),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Holds an exec, and lets everything else through.
pub(in super::super) fn program() -> Vec<libc::sock_filter> {
    let load = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    let equal = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    let back = (libc::BPF_RET | libc::BPF_K) as u16;
    let line = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    let mut program = vec![line(load, ARCH, 0, 0)];
    for (arch, calls) in CALLS {
        let count = calls.len() as u8;
        // Another ABI: over the number, its comparisons and both ends, to the next.
        program.push(line(equal, *arch, 0, count + 3));
        program.push(line(load, NUMBER, 0, 0));
        for (place, call) in (0..).zip(*calls) {
            // One that is held: over the other comparisons and the end that lets through.
            program.push(line(equal, *call, count - place, 0));
        }
        program.push(line(back, libc::SECCOMP_RET_ALLOW, 0, 0));
        program.push(line(back, libc::SECCOMP_RET_USER_NOTIF, 0, 0));
    }
    program.push(line(back, libc::SECCOMP_RET_ALLOW, 0, 0));
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the program says of a call.
    fn said(arch: u32, number: u32) -> u32 {
        let (program, mut at, mut word) = (program(), 0, 0);
        loop {
            let line = program[at];
            at += 1;
            match u32::from(line.code) & 7 {
                libc::BPF_LD => word = if line.k == ARCH { arch } else { number },
                libc::BPF_RET => return line.k,
                _ if word == line.k => at += usize::from(line.jt),
                _ => at += usize::from(line.jf),
            }
        }
    }

    #[test]
    fn execs_of_each_abi_are_held_and_nothing_else() {
        for (arch, calls) in CALLS {
            for number in 0..1000 {
                let held = said(*arch, number) == libc::SECCOMP_RET_USER_NOTIF;
                assert_eq!(held, calls.contains(&number), "{arch:x} {number}");
            }
            assert!(
                calls
                    .iter()
                    .all(|call| said(*arch, *call) == libc::SECCOMP_RET_USER_NOTIF)
            );
        }
        assert_eq!(said(1, 59), libc::SECCOMP_RET_ALLOW);
    }
}
