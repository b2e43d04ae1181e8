//! Slots -> true events.

use contract::{Arena, DetailsId, Fields, Kind, Ledger, Span, Truth};

use super::inherited::Inherited;
use super::manifest::{Manifest, ManifestProgram, push_nonce};
use super::slot::{EXEC, EXIT, FORK, LOOSE_EXEC, LOOSE_EXIT, LOOSE_FORK, Slot};
use super::slots::Slots;

/// All events of the slots, which are complete.
pub(super) fn truths(
    slots: &Slots<'_>,
    manifest: &Manifest,
    inherited: Option<&Inherited>,
) -> Ledger {
    let mut arena = Arena::default();
    let program = |one| Image::new(one, inherited, &mut arena);
    let programs: Vec<Image<'_>> = manifest.programs.iter().map(program).collect();
    let events: u64 = manifest.expected.iter().sum();
    let mut truths = Vec::with_capacity(events as usize);
    let mut argv = Vec::new();
    for (number, slot) in slots.iter().enumerate() {
        truths.extend(slot.has(FORK).then(|| slot.fork()));
        if slot.has(EXEC) {
            let program = &programs[slot.program as usize];
            program.argv.fill(&manifest.tag, number, &mut argv);
            truths.push(slot.exec(program, arena.push(&argv)));
        }
        // What executes nothing runs the first program.
        let program = if slot.has(EXEC) { slot.program } else { 0 };
        let program = programs.get(program as usize);
        truths.extend(slot.has(EXIT).then(|| slot.exit(program)));
    }
    Ledger {
        truths,
        arena,
        ..Ledger::default()
    }
}

/// What a program makes of the process that executes it.
struct Image<'a> {
    exe: Span,
    argv: Template<'a>,
    details: Option<DetailsId>,
}

impl<'a> Image<'a> {
    fn new(one: &'a ManifestProgram, inherited: Option<&Inherited>, arena: &mut Arena) -> Self {
        // A program of ours is executed by its own name, a shell by that of a link.
        let name = one.exe.rsplit('/').next();
        let path = (one.argv.first().map(String::as_str) == name).then_some(&*one.exe);
        let details = inherited.map(|inherited| inherited.details(path));
        Self {
            exe: arena.push(one.exe.as_bytes()),
            argv: Template::new(&one.argv),
            details: details.and_then(|details| arena.push_details(details.details())),
        }
    }
}

/// The argv of a program, as text and places for nonces.
struct Template<'a>(Vec<Part<'a>>);

enum Part<'a> {
    Text(&'a str),
    /// The nonce of the slot so many after the program's own.
    Nonce(usize),
    /// The end of an argument.
    End,
}

impl<'a> Template<'a> {
    fn new(argv: &'a [String]) -> Self {
        let mut parts = Vec::new();
        for word in argv {
            let mut rest = word.as_str();
            while let Some((before, after)) = rest.split_once("{nonce") {
                let Some((offset, after)) = after.split_once('}') else {
                    break;
                };
                let offset = offset.strip_prefix('+').unwrap_or("0");
                parts.push(Part::Text(before));
                parts.push(Part::Nonce(offset.parse().unwrap_or(0)));
                rest = after;
            }
            parts.extend([Part::Text(rest), Part::End]);
        }
        Self(parts)
    }

    /// Replaces `argv` by the bytes for the slot `number` of the run `tag`, in the form of
    /// [`contract::argv_bytes`].
    fn fill(&self, tag: &str, number: usize, argv: &mut Vec<u8>) {
        argv.clear();
        for part in &self.0 {
            match part {
                Part::Text(text) => argv.extend_from_slice(text.as_bytes()),
                Part::Nonce(offset) => push_nonce(tag, number + offset, argv),
                Part::End => argv.push(0),
            }
        }
    }
}

/// The earliest of the stamps that were made.
fn earliest<const N: usize>(stamps: [u64; N]) -> u64 {
    stamps
        .into_iter()
        .filter(|&stamp| stamp != 0)
        .min()
        .unwrap_or(0)
}

/// The first in this order that was made.
fn first_made<const N: usize>(stamps: [u64; N]) -> u64 {
    stamps.into_iter().find(|&stamp| stamp != 0).unwrap_or(0)
}

impl Slot {
    fn truth(&self, kind: Kind, (after, before): (u64, u64), loose: bool) -> Truth {
        let (pid, fields) = (self.pid(), Fields::default());
        // A process that began late had all its events late.
        let delay = self.fork_after - self.due.min(self.fork_after);
        let due = (self.due != 0).then(|| after.saturating_sub(delay));
        Truth {
            after,
            before,
            due,
            fields,
            pid,
            kind,
            loose,
        }
    }

    fn fork(&self) -> Truth {
        // The child's first stamp proves that it existed.
        let before = earliest([
            self.fork_before,
            self.exec_after,
            self.exec_before,
            self.exit_after,
            self.exit_before,
        ]);
        let window = (self.fork_after, before);
        let mut truth = self.truth(Kind::Fork, window, self.has(LOOSE_FORK));
        truth.fields.ppid = Some(self.ppid());
        truth
    }

    fn exec(&self, program: &Image<'_>, argv: Span) -> Truth {
        let after = first_made([self.exec_after, self.fork_after]);
        let window = (after, first_made([self.exec_before, self.exit_before]));
        let mut truth = self.truth(Kind::Exec, window, self.has(LOOSE_EXEC));
        truth.fields.exe = Some(program.exe);
        truth.fields.details = program.details;
        truth.fields.argv = Some(argv);
        truth.fields.ppid = Some(self.ppid());
        truth
    }

    fn exit(&self, program: Option<&Image<'_>>) -> Truth {
        let after = first_made([self.exit_after, self.exec_after, self.fork_after]);
        let window = (after, self.exit_before);
        let mut truth = self.truth(Kind::Exit, window, self.has(LOOSE_EXIT));
        truth.fields.status = Some(self.wait_status());
        truth.fields.details = program.and_then(|program| program.details);
        // Every parent waits for its children, so it is the parent at the end too.
        truth.fields.ppid = Some(self.ppid());
        truth
    }
}
