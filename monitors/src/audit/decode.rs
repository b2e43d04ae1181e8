//! From frames to events: records of one system call are joined by their serial.
//!
//! Everything but an exec is one record. The records of an exec may lie between those of others.

use contract::{Decode, DetailsBuf, EventLog, EventRef, Field, Frame, Kind, Malformed, Nanos};

use super::execve::Arguments;
use super::process_tracker::{Caller, ProcessTracker};
use super::record::{self, RecordId, Syscall};
use super::syscall_table::{self, Call};
use super::wire::{self, DETAILED, OFFSET};

const SYSCALL: u16 = 1300;
const PATH: u16 = 1302;
const CWD: u16 = 1307;
const EXECVE: u16 = 1309;
const EOE: u16 = 1320;
const ANOM_ABEND: u16 = 1701;
/// Execs whose arguments may be on their way at once, and how many serials later they no longer
/// are: there are at most as many between as there are threads in the kernel's audit code.
const OPEN: usize = 256;
const FAR: u64 = 1 << 16;

/// The kernel stamps a record with the wall clock as of the last tick before the system call was
/// entered: up to 10 ms too early (CONFIG_HZ=100, the slowest there is), and more when the CPU that
/// keeps time comes late to its tick, as one of a virtual machine on a busy host does: 60 ms have been seen. No
/// pid comes again within a quarter of a second, so that is safe to allow for.
pub(super) const EARLY: u64 = 250_000_000;

/// An exec of which not all arguments have come.
#[derive(Debug)]
struct Exec {
    serial: u64,
    by: Caller,
    exe: Option<Vec<u8>>,
    arguments: Arguments,
    details: DetailsBuf,
}

#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Wall clock minus CLOCK_MONOTONIC.
    offset: Option<i64>,
    /// Records older than this (milliseconds of the wall clock) were waiting for a daemon since
    /// before the capture began.
    since: u64,
    /// The capture asked for the records that tell more, and for those that end an event.
    detailed: bool,
    lives: ProcessTracker,
    open: Vec<Exec>,
    /// Done with, kept for their memory.
    spare: Vec<Arguments>,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let Some((kind, payload)) = wire::split(frame.bytes) else {
            return Err(Malformed(
                "an audit frame is shorter than its header".into(),
            ));
        };
        match kind {
            OFFSET => return self.set_offset(payload, frame.received),
            DETAILED => {
                self.detailed = true;
                return Ok(());
            }
            SYSCALL | EXECVE | EOE | ANOM_ABEND => {}
            PATH | CWD if self.detailed => {}
            _ => return Ok(()),
        }
        let (head, text) = record::split(payload)?;
        if head.millis < self.since {
            return Ok(());
        }
        match kind {
            SYSCALL => {
                let call = record::syscall(text).ok_or_else(|| lacks("SYSCALL"))?;
                self.call(head, &call, text, frame.received, out);
            }
            EXECVE => self.arguments(head.serial, text, frame.received, out),
            PATH | CWD => self.detail(head.serial, kind, text),
            EOE => self.close(|exec| exec.serial == head.serial, frame.received, out),
            _ => {
                let pid = record::fields(text).find(|(name, _)| *name == b"pid");
                let pid = pid.and_then(|(_, pid)| u32::try_from(record::number(pid, 10)?).ok());
                let pid = pid.ok_or_else(|| lacks("ANOM_ABEND"))?;
                // Its parent is not told; nothing that is asked of an exit needs it.
                let by = self.by(head, pid, 0, frame.received);
                self.lives.exit_group(by, None, out);
            }
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut EventLog) {
        self.close(|_| true, 0, out);
        self.lives.finish(out);
    }
}

impl Decoder {
    fn set_offset(&mut self, payload: &[u8], received: Nanos) -> Result<(), Malformed> {
        let bytes = payload.try_into();
        let bytes = bytes.map_err(|_| Malformed("an offset frame is not eight bytes".into()))?;
        let offset = i64::from_le_bytes(bytes);
        if self.offset.is_none() {
            let begun = received.saturating_sub(EARLY).saturating_add_signed(offset);
            self.since = begun / 1_000_000;
        }
        self.offset = Some(offset);
        Ok(())
    }

    fn by(&self, head: RecordId, pid: u32, ppid: u32, received: Nanos) -> Caller {
        let wall = head.millis.saturating_mul(1_000_000);
        let happened = self
            .offset
            .map(|offset| i128::from(wall) - i128::from(offset));
        let happened = happened.and_then(|at| u64::try_from(at).ok());
        Caller {
            pid,
            ppid,
            euid: None,
            millis: head.millis,
            happened: happened.unwrap_or_default(),
            received,
        }
    }

    fn call(
        &mut self,
        head: RecordId,
        call: &Syscall<'_>,
        text: &[u8],
        received: Nanos,
        out: &mut EventLog,
    ) {
        let by = Caller {
            euid: call.euid,
            ..self.by(head, call.pid, call.ppid, received)
        };
        let child = u32::try_from(call.exit).ok().filter(|_| call.success);
        let child = child.filter(|child| *child != 0);
        let status = ((call.a0 & 0xff) << 8) as i32;
        match (syscall_table::call(call.arch, call.number), child) {
            (Some(Call::Fork), Some(child)) => self.lives.fork(by, child, out),
            (Some(Call::Clone), Some(child)) => self.lives.clone(by, child, call.a0, out),
            (Some(Call::Clone3), Some(child)) => self.lives.clone3(by, child, out),
            (Some(Call::Exec), _) if call.success => {
                self.lives.exec(by, out);
                let details = if self.detailed {
                    record::details(text)
                } else {
                    DetailsBuf::default()
                };
                self.exec(head.serial, by, call.exe, details, out);
            }
            (Some(Call::ExitGroup), _) => self.lives.exit_group(by, Some(status), out),
            (Some(Call::Exit), _) => self.lives.exit(by, status, out),
            _ => {}
        }
    }

    fn exec(
        &mut self,
        serial: u64,
        by: Caller,
        exe: Option<&[u8]>,
        details: DetailsBuf,
        out: &mut EventLog,
    ) {
        let far = |exec: &Exec| exec.serial.saturating_add(FAR) < serial;
        self.close(far, by.received, out);
        if self.open.len() >= OPEN {
            let oldest = self.open.iter().map(|exec| exec.serial).min();
            self.close(|exec| Some(exec.serial) == oldest, by.received, out);
        }
        // What is no path is the kernel's excuse for not telling one.
        let mut path = Vec::new();
        let told = exe.is_some_and(|exe| record::unquote(exe, &mut path));
        let exe = (told && path.first() == Some(&b'/')).then_some(path);
        let arguments = self.spare.pop().unwrap_or_default();
        self.open.push(Exec {
            serial,
            by,
            exe,
            arguments,
            details,
        });
    }

    /// The folder, and of the paths the first, which is the one that was given.
    fn detail(&mut self, serial: u64, kind: u16, text: &[u8]) {
        let Some(exec) = self.open.iter_mut().find(|exec| exec.serial == serial) else {
            return;
        };
        let find = |name: &[u8]| {
            record::fields(text)
                .find(|one| one.0 == name)
                .map(|one| one.1)
        };
        let (field, value) = match kind {
            CWD => (Field::Cwd, find(b"cwd")),
            _ if find(b"item") == Some(b"0") => (Field::Path, find(b"name")),
            _ => return,
        };
        let mut more = DetailsBuf::default();
        if let Some(value) = value {
            record::put_text(field, value, &mut more);
        }
        exec.details.add(more.details());
    }

    fn arguments(&mut self, serial: u64, text: &[u8], received: Nanos, out: &mut EventLog) {
        let Some(exec) = self.open.iter_mut().find(|exec| exec.serial == serial) else {
            return;
        };
        exec.arguments.take(text);
        if exec.arguments.whole() && !self.detailed {
            self.close(|exec| exec.serial == serial, received, out);
        }
    }

    /// Reports the execs that are meant, with what has come of them until `received` (0: nothing
    /// new came, their own stamp holds).
    fn close(&mut self, which: impl Fn(&Exec) -> bool, received: Nanos, out: &mut EventLog) {
        let mut index = 0;
        while index < self.open.len() {
            if !which(&self.open[index]) {
                index += 1;
                continue;
            }
            let mut exec = self.open.remove(index);
            report_exec(&exec, received.max(exec.by.received), out);
            exec.arguments.reset();
            self.spare.push(exec.arguments);
        }
        self.spare.truncate(16);
    }
}

fn report_exec(exec: &Exec, received: Nanos, out: &mut EventLog) {
    let mut report = EventRef::new(Kind::Exec, exec.by.pid, received);
    report.happened = exec.by.happened;
    report.ppid = Some(exec.by.ppid);
    report.euid = exec.by.euid;
    report.exe = exec.exe.as_deref();
    report.argv = exec.arguments.any().then(|| exec.arguments.bytes());
    report.cut.argv = !exec.arguments.whole();
    report.details = exec.details.details();
    out.push(report);
}

fn lacks(record: &str) -> Malformed {
    Malformed(format!(
        "an audit {record} record lacks a field that it always has"
    ))
}
