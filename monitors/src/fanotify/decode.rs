//! Frames to events: pure. A frame is one file opened to be executed: i32 pid, u8 what it next to
//! with [`FRESH`], its path; and behind a NUL the path of its loader, where it has one.
//!
//! What runs is told when the kernel has opened all that it opens for it: a program with a loader when
//! that was opened, as the process's next file. So an exec that fails before is not told.
//!
//! The kernel makes one of two equal events that wait at the same time. So when a process has opened
//! a loader, and since then the queue was never empty, the same loader for its next program may have
//! no event of its own: that program is told at once, and the loader passed over if it comes.

use std::collections::HashMap;

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed, Pid};

use super::file::NextOpen;

/// The queue was empty before this came.
const FRESH: u8 = 0x80;
const ELSEWHERE: u8 = 0;
const HERE: u8 = 1;
const HERE_BY: u8 = 2;

/// What comes before the path, and after it.
pub(super) fn around(pid: i32, next: &NextOpen, fresh: bool) -> ([u8; 5], Vec<u8>) {
    let (code, after) = match next {
        NextOpen::Elsewhere => (ELSEWHERE, Vec::new()),
        NextOpen::Here => (HERE, Vec::new()),
        NextOpen::HereBy(loader) => (HERE_BY, [b"\0", &loader[..]].concat()),
    };
    let [a, b, c, d] = pid.to_le_bytes();
    ([a, b, c, d, code | if fresh { FRESH } else { 0 }], after)
}

#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Programs whose loader comes next, by process.
    open: HashMap<Pid, Open>,
    /// What each process opened last that needs no loader, since the queue was empty.
    unread: HashMap<Pid, Vec<u8>>,
}

#[derive(Debug)]
struct Open {
    exe: Vec<u8>,
    loader: Vec<u8>,
    told: bool,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let short = || Malformed("fanotify: a frame is cut off".into());
        let (&[a, b, c, d, code], path) = frame.bytes.split_first_chunk::<5>().ok_or_else(short)?;
        // 0: a process of a pid namespace above this one.
        let pid = u32::from_le_bytes([a, b, c, d]);
        if code & FRESH != 0 {
            self.unread.clear();
        }
        let open = self.open.remove(&pid);
        let mut tell = |exe| {
            out.push(EventRef {
                exe: Some(exe),
                ..EventRef::new(Kind::Exec, pid, frame.received)
            });
        };
        match code & !FRESH {
            ELSEWHERE => {}
            HERE => {
                match open.filter(|open| is_loader(path, &open.loader)) {
                    Some(open) if open.told => {}
                    Some(open) => tell(&open.exe),
                    None => tell(path),
                }
                self.unread.insert(pid, path.to_vec());
            }
            HERE_BY => {
                let mut parts = path.splitn(2, |byte| *byte == 0);
                let (exe, loader) = parts.next().zip(parts.next()).ok_or_else(short)?;
                let last = self.unread.get(&pid);
                let told = last.is_some_and(|last| is_loader(last, loader));
                if told {
                    tell(exe);
                }
                let (exe, loader) = (exe.to_vec(), loader.to_vec());
                self.open.insert(pid, Open { exe, loader, told });
            }
            other => {
                return Err(Malformed(format!(
                    "fanotify: {other} next nowhere that is known"
                )));
            }
        }
        Ok(())
    }
}

/// Whether a file is the loader that was asked for. With another root (a container) it has another
/// path, and where its name is a link perhaps another name; but all loaders are called alike.
fn is_loader(path: &[u8], loader: &[u8]) -> bool {
    let alike = |path| {
        let name = name(path);
        name.starts_with(b"ld") && name.windows(3).any(|part| part == b".so")
    };
    path == loader || name(path) == name(loader) || (alike(path) && alike(loader))
}

fn name(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    &path[slash.map_or(0, |slash| slash + 1)..]
}
