//! Bytes for what one process hands to another: a report (the frames of a monitor that has no
//! format of its own) and a whole ledger (what the harness hands to its fault injector). Numbers are
//! little-endian. docs/FORMAT.md has both, field by field.

use crate::arena::Arena;
use crate::details::Details;
use crate::event::{EventRef, Origin};
use crate::fields::{Cut, Fields};
use crate::kind::{Kind, Pid};
use crate::nanos::Nanos;
use crate::spool::Malformed;
use crate::truth::{Ledger, Owned, Truth};

const MAGIC: &[u8; 8] = b"RCTRUTH1";
/// Of the optional fields of a report, and of a truth.
const PPID: u8 = 1;
const STATUS: u8 = 2;
const EXE: u8 = 4;
const ARGV: u8 = 8;
const CUT_EXE: u8 = 16;
const CUT_ARGV: u8 = 32;
const LOOSE: u8 = 64;
const DUE: u8 = 128;
/// Beside the kind of a report: details follow.
const DETAILS: u8 = 128;
/// Beside the kind of a report: it is of a snapshot.
const SNAPSHOT: u8 = 64;

impl EventRef<'_> {
    /// Appends all of it but `received`, which is its frame's stamp, and `euid`, which no caller has.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.encode_with(0, out);
    }

    fn encode_with(&self, flags: u8, out: &mut Vec<u8>) {
        let mark = |there: bool, flag: u8| if there { flag } else { 0 };
        let flags = flags
            | mark(self.ppid.is_some(), PPID)
            | mark(self.status.is_some(), STATUS)
            | mark(self.exe.is_some(), EXE)
            | mark(self.argv.is_some(), ARGV)
            | mark(self.cut.exe, CUT_EXE)
            | mark(self.cut.argv, CUT_ARGV);
        let details = mark(!self.details.is_empty(), DETAILS);
        let origin = mark(self.origin == Origin::Snapshot, SNAPSHOT);
        out.extend([self.kind as u8 | details | origin, flags]);
        out.extend(self.pid.to_le_bytes());
        out.extend(self.happened.to_le_bytes());
        out.extend(self.ppid.map(Pid::to_le_bytes).into_iter().flatten());
        out.extend(self.status.map(i32::to_le_bytes).into_iter().flatten());
        let details = Some(self.details.bytes()).filter(|bytes| !bytes.is_empty());
        for bytes in [self.exe, self.argv, details].into_iter().flatten() {
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend(bytes);
        }
    }

    /// What [`EventRef::encode`] made, no byte more and no byte less.
    pub fn decode(bytes: &[u8], received: Nanos) -> Result<EventRef<'_>, Malformed> {
        let mut rest = Rest(bytes);
        let (report, flags) = rest.report(received)?;
        if flags & (LOOSE | DUE) != 0 || !rest.0.is_empty() {
            return Err(malformed(
                "this is no report: it does not end where it says",
            ));
        }
        Ok(report)
    }
}

impl Ledger {
    /// All of it, with a check sum at the end.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend((self.truths.len() as u64).to_le_bytes());
        out.extend((self.owned.len() as u64).to_le_bytes());
        for truth in &self.truths {
            let report = EventRef {
                happened: truth.after,
                ppid: truth.fields.ppid,
                status: truth.fields.status,
                exe: truth.fields.exe.map(|span| self.arena.get(span)),
                argv: truth.fields.argv.map(|span| self.arena.get(span)),
                cut: truth.fields.cut,
                details: self.details(truth),
                ..EventRef::new(truth.kind, truth.pid, 0)
            };
            let loose = if truth.loose { LOOSE } else { 0 };
            let due = if truth.due.is_some() { DUE } else { 0 };
            report.encode_with(loose | due, &mut out);
            out.extend(truth.before.to_le_bytes());
            out.extend(truth.due.map(Nanos::to_le_bytes).into_iter().flatten());
        }
        for owned in &self.owned {
            out.extend(owned.pid.to_le_bytes());
            out.extend(owned.from.to_le_bytes());
            out.extend(owned.until.to_le_bytes());
        }
        out.extend(sum(&out).to_le_bytes());
        out
    }

    /// What [`Ledger::encode`] made. Anything else, were it a single bit, is [`Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Ledger, Malformed> {
        let cut = || malformed("these are no truths, or they are cut off");
        let (body, told) = bytes.split_last_chunk::<8>().ok_or_else(cut)?;
        let mut rest = Rest(body.strip_prefix(MAGIC).ok_or_else(cut)?);
        if sum(body) != u64::from_le_bytes(*told) {
            return Err(malformed("the check sum of these truths is another"));
        }
        let (truths, owned) = (rest.u64()?, rest.u64()?);
        let mut ledger = Ledger::default();
        for _ in 0..truths {
            let truth = rest.truth(&mut ledger.arena)?;
            ledger.truths.push(truth);
        }
        for _ in 0..owned {
            let (pid, from, until) = (rest.u32()?, rest.u64()?, rest.u64()?);
            ledger.owned.push(Owned { pid, from, until });
        }
        if rest.0.is_empty() {
            Ok(ledger)
        } else {
            Err(malformed("there is more after the last of these truths"))
        }
    }
}

/// FNV-1a. It guards against damage, not against malice.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn malformed(why: &str) -> Malformed {
    Malformed(why.into())
}

/// The bytes not yet read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| malformed("it is cut off in the middle of a field"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let taken = self.take(N)?;
        Ok(std::array::from_fn(|place| taken[place]))
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u32()?;
        self.take(length as usize)
    }

    fn report(&mut self, received: Nanos) -> Result<(EventRef<'a>, u8), Malformed> {
        let [kind, flags] = self.array()?;
        let event = Kind::ALL
            .get(usize::from(kind & !(DETAILS | SNAPSHOT)))
            .ok_or_else(|| malformed("it is of no kind there is"))?;
        let mut report = EventRef::new(*event, self.u32()?, received);
        report.happened = self.u64()?;
        if kind & SNAPSHOT != 0 {
            report.origin = Origin::Snapshot;
        }
        let has = |flag: u8| flags & flag != 0;
        report.ppid = has(PPID).then(|| self.u32()).transpose()?;
        let status = has(STATUS).then(|| self.array()).transpose()?;
        report.status = status.map(i32::from_le_bytes);
        report.exe = has(EXE).then(|| self.text()).transpose()?;
        report.argv = has(ARGV).then(|| self.text()).transpose()?;
        report.cut = Cut {
            exe: has(CUT_EXE),
            argv: has(CUT_ARGV),
        };
        if kind & DETAILS != 0 {
            report.details = Details::read(self.text()?)?;
            if report.details.is_empty() {
                return Err(malformed("it tells details and has none"));
            }
        }
        Ok((report, flags))
    }

    fn truth(&mut self, arena: &mut Arena) -> Result<Truth, Malformed> {
        let (report, flags) = self.report(0)?;
        let fields = Fields {
            ppid: report.ppid,
            status: report.status,
            exe: report.exe.map(|bytes| arena.push(bytes)),
            argv: report.argv.map(|bytes| arena.push(bytes)),
            cut: report.cut,
            details: arena.push_details(report.details),
        };
        Ok(Truth {
            after: report.happened,
            before: self.u64()?,
            due: (flags & DUE != 0).then(|| self.u64()).transpose()?,
            fields,
            pid: report.pid,
            kind: report.kind,
            loose: flags & LOOSE != 0,
        })
    }
}
