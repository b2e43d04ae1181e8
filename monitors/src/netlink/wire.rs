//! The bytes of the proc connector, and the filter that runs over them in the kernel.
//!
//! A datagram is a netlink header (16 bytes), a connector header (20) and a proc_event (40). The
//! layout is the kernel's ABI since 2.6.15 and in the machine's own byte order.

use contract::Kind;
use libc::sock_filter;

/// NETLINK_CONNECTOR: the protocol, as /proc/net/netlink shows it.
pub(super) const PROTOCOL: u32 = 11;
/// CN_IDX_PROC: the multicast group, and its bit in the mask of groups.
pub(super) const GROUP: u32 = 1;
/// CN_VAL_PROC.
const VALUE: u32 = 1;
/// A whole datagram.
pub(super) const DATAGRAM: usize = 76;

const ID_IDX: usize = 16;
const ID_VAL: usize = 20;
const ACK: usize = 28;
const WHAT: usize = 36;
const STAMP: usize = 44;
const DATA: usize = 52;

const NONE: u32 = 0;
const FORK: u32 = 1;
const EXEC: u32 = 2;
const COMM: u32 = 0x200;
const EXIT: u32 = 0x8000_0000;

/// What is asked of the connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Op {
    /// None that exists.
    Refused = 0,
    Listen = 1,
    Ignore = 2,
}

/// A request to the connector; its answer carries `token + 1`.
pub(super) fn request(op: Op, token: u32) -> [u8; 40] {
    let mut bytes = [0; 40];
    let mut put = |at: usize, word: u32| bytes[at..at + 4].copy_from_slice(&word.to_ne_bytes());
    put(0, 40);
    put(ID_IDX, GROUP);
    put(ID_VAL, VALUE);
    put(ACK, token);
    put(WHAT, op as u32);
    bytes[4..6].copy_from_slice(&(libc::NLMSG_DONE as u16).to_ne_bytes());
    // cn_msg.len: the operation alone. Kernels since 6.6 also take a second word with the kinds
    // wanted, but all kernels take this, and the filter below does more.
    bytes[32..34].copy_from_slice(&4_u16.to_ne_bytes());
    bytes
}

/// One event as the connector tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessEvent {
    pub(super) kind: Kind,
    /// The process: of a fork the child.
    pub(super) pid: u32,
    /// CLOCK_MONOTONIC.
    pub(super) happened: u64,
    /// Of a fork only.
    pub(super) ppid: Option<u32>,
    /// Of an exit only, in the form of waitpid.
    pub(super) status: Option<i32>,
}

/// What became of a thread that is not its process's first. The connector tells of the end of each
/// thread, and of the end of a process only that of its first one, so these must be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) process: u32,
    /// CLOCK_MONOTONIC.
    pub(super) happened: u64,
    /// How it ended; `None` when it began.
    pub(super) ended: Option<i32>,
}

/// What a datagram says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Event(ProcessEvent),
    Thread(Thread),
    /// The answer to a request: its token plus one, and the error number.
    Answer {
        token: u32,
        errno: u32,
    },
    /// Of a kind that was not asked for.
    Other,
}

/// Reads one datagram; `None` when it is not one of the proc connector's.
pub(super) fn read(bytes: &[u8]) -> Option<Message> {
    if bytes.len() != DATAGRAM || word(bytes, 0) as usize != DATAGRAM {
        return None;
    }
    if word(bytes, ID_IDX) != GROUP || word(bytes, ID_VAL) != VALUE {
        return None;
    }
    let data = |index: usize| word(bytes, DATA + 4 * index);
    let happened = u64::from_ne_bytes(bytes[STAMP..STAMP + 8].try_into().ok()?);
    let (kind, thread, pid, ppid, status) = match word(bytes, WHAT) {
        NONE => {
            let (token, errno) = (word(bytes, ACK), data(0));
            return Some(Message::Answer { token, errno });
        }
        FORK => (Kind::Fork, data(2), data(3), Some(data(1)), None),
        EXEC => (Kind::Exec, data(0), data(1), None, None),
        // The message names a parent too, but an exit's parent is not a field this monitor offers:
        // it is the process that will reap, and that may have changed since the fork.
        EXIT => (Kind::Exit, data(0), data(1), None, Some(data(2) as i32)),
        _ => return Some(Message::Other),
    };
    if thread != pid {
        let process = pid;
        return Some(match kind {
            Kind::Exec => Message::Other,
            Kind::Fork | Kind::Exit => Message::Thread(Thread {
                process,
                happened,
                ended: status,
            }),
        });
    }
    Some(Message::Event(ProcessEvent {
        kind,
        pid,
        happened,
        ppid,
        status,
    }))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_ne_bytes(word)
}

/// Lets through forks, execs and exits, and the answer to `token`; all else never enters the queue,
/// so it takes no room there and is never counted as dropped.
pub(super) fn filter(token: u32) -> Vec<sock_filter> {
    const PASS: u32 = u32::MAX;
    let (pass, refuse) = (7, 8);
    let mut program: Vec<sock_filter> = Vec::with_capacity(9);
    let mut put = |code: u32, k: u32, to: Option<(usize, usize)>| {
        let here = program.len() + 1;
        let (yes, no) = to.unwrap_or((here, here));
        program.push(sock_filter {
            code: code as u16,
            jt: (yes - here) as u8,
            jf: (no - here) as u8,
            k,
        });
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let equal = libc::BPF_JMP | libc::BPF_JEQ;
    // The kernel loads words as big-endian ones; the message has them in the machine's order.
    put(load, WHAT as u32, None); // 0
    put(equal, FORK.to_be(), Some((pass, 2)));
    put(equal, EXEC.to_be(), Some((pass, 3)));
    put(equal, EXIT.to_be(), Some((pass, 4)));
    put(equal, NONE.to_be(), Some((5, refuse)));
    put(load, ACK as u32, None); // 5: an answer, ours or another listener's
    put(equal, token.wrapping_add(1).to_be(), Some((pass, refuse)));
    put(libc::BPF_RET | libc::BPF_K, PASS, None); // 7
    put(libc::BPF_RET | libc::BPF_K, 0, None); // 8
    program
}

/// Lets execs through, and nothing else.
pub(super) fn execs() -> Vec<sock_filter> {
    only(EXEC)
}

/// Lets through that threads were given names, and nothing else.
pub(super) fn names() -> Vec<sock_filter> {
    only(COMM)
}

fn only(what: u32) -> Vec<sock_filter> {
    let step = |code: u32, jf, k| sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    vec![
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, WHAT as u32),
        step(libc::BPF_JMP | libc::BPF_JEQ, 1, what.to_be()),
        step(libc::BPF_RET | libc::BPF_K, 0, u32::MAX),
        step(libc::BPF_RET | libc::BPF_K, 0, 0),
    ]
}

/// Lets nothing through.
pub(super) fn shut() -> Vec<sock_filter> {
    vec![sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: 0,
    }]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn datagram(what: u32, happened: u64, data: [u32; 6]) -> Vec<u8> {
        let mut bytes = vec![0; DATAGRAM];
        let mut put = |at: usize, word: u32| bytes[at..at + 4].copy_from_slice(&word.to_ne_bytes());
        put(0, DATAGRAM as u32);
        put(ID_IDX, GROUP);
        put(ID_VAL, VALUE);
        put(WHAT, what);
        for (index, word) in data.into_iter().enumerate() {
            put(DATA + 4 * index, word);
        }
        bytes[STAMP..STAMP + 8].copy_from_slice(&happened.to_ne_bytes());
        bytes
    }

    /// Runs a filter as the kernel does; only what `filter` uses.
    fn run(program: &[sock_filter], bytes: &[u8]) -> u32 {
        let (mut a, mut pc) = (0, 0);
        loop {
            let step = program[pc];
            let (code, k) = (u32::from(step.code), step.k);
            pc += 1;
            if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS {
                a = u32::from_be_bytes(bytes[k as usize..k as usize + 4].try_into().unwrap());
            } else if code == libc::BPF_JMP | libc::BPF_JEQ {
                pc += usize::from(if a == k { step.jt } else { step.jf });
            } else {
                assert_eq!(code, libc::BPF_RET | libc::BPF_K);
                return k;
            }
        }
    }

    #[test]
    fn filter_and_reader_agree() {
        let program = filter(77);
        let whats = [
            NONE,
            FORK,
            EXEC,
            4,
            0x40,
            0x80,
            0x100,
            0x200,
            0x4000_0000,
            EXIT,
        ];
        for what in whats {
            for data in [
                [7; 6],
                [7, 8, 9, 9, 1, 1],
                [7, 8, 9, 10, 1, 1],
                [7, 7, 9, 10, 2, 2],
            ] {
                let mut bytes = datagram(what, 5, data);
                for token in [0_u32, 77, 78] {
                    bytes[ACK..ACK + 4].copy_from_slice(&token.to_ne_bytes());
                    let wanted = match read(&bytes).unwrap() {
                        Message::Event(_) | Message::Thread(_) => true,
                        Message::Answer { token, .. } => token == 78,
                        Message::Other => what == EXEC,
                    };
                    assert_eq!(
                        run(&program, &bytes) != 0,
                        wanted,
                        "{what:#x} {data:?} {token}"
                    );
                    assert_eq!(run(&execs(), &bytes) != 0, what == EXEC);
                    assert_eq!(run(&shut(), &bytes), 0);
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_datagram_of_the_connector_is_none() {
        let good = datagram(FORK, 5, [1, 1, 2, 2, 0, 0]);
        assert!(read(&good).is_some());
        for at in [0, ID_IDX, ID_VAL] {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            assert_eq!(read(&bad), None);
        }
        for length in 0..DATAGRAM {
            assert_eq!(read(&good[..length]), None);
        }
    }
}
