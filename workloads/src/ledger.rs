//! The ledger: what the processes of a run wrote down about themselves, and how it becomes truths.
//!
//! While a workload runs, the ledger is memory that all its processes share (see [`live`]); when it
//! is over, the runner puts it into `ledger.bin`. What is the same for all processes, the programs
//! and the run's tag, is in `ledger.json`.

pub(crate) mod case_log;
pub(crate) mod shm;
pub(crate) mod slot;

use std::fs;
use std::path::Path;

use contract::{Arena, Counts, Fields, Kind, Ledger, Program, Result, Script, Span, Truth};
use serde::{Deserialize, Serialize};

use slot::{EXEC, EXIT, FORK, HEADER, LOOSE_EXEC, LOOSE_EXIT, LOOSE_FORK, SLOT, Slot, at};

const FORMAT: u32 = 1;

/// `ledger.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cover {
    format: u32,
    /// Part of every nonce, so that no two cells share one.
    tag: String,
    programs: Vec<CoverProgram>,
    /// Events there must be, in the order of [`Kind::ALL`].
    expected: [u64; 3],
    /// The slots are a driver's, and the truths lie behind them.
    #[serde(default)]
    driven: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoverProgram {
    exe: String,
    /// `{nonce}` stands for the nonce of the slot, `{nonce+2}` for that of the second after it.
    argv: Vec<String>,
}

/// Makes `ledger.json` in `dir` for one run of `script`; `tag` (letters and digits, at most 24)
/// must be new for every run on this machine.
pub(crate) fn prepare(dir: &Path, script: &Script, tag: &str) -> Result<()> {
    if tag.is_empty() || tag.len() > 24 || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(format!("tag '{tag}': use 1 to 24 letters and digits").into());
    }
    let cover = Cover {
        format: FORMAT,
        tag: tag.into(),
        programs: script
            .programs
            .iter()
            .map(cover_program)
            .collect::<Result<_>>()?,
        expected: script.expected.0,
        driven: script.driver.is_some(),
    };
    let path = dir.join("ledger.json");
    let text = serde_json::to_string_pretty(&cover)? + "\n";
    fs::write(&path, text).map_err(|why| {
        format!(
            "{}: {why}: use a folder that can be written",
            path.display()
        )
        .into()
    })
}

fn cover_program(program: &Program) -> Result<CoverProgram> {
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).map_err(|_| {
            let exe = program.exe.display();
            format!("{exe}: is not UTF-8: install the programs in a folder whose name is")
        })
    };
    Ok(CoverProgram {
        exe: text(program.exe.as_os_str().as_encoded_bytes())?,
        argv: contract::split_argv(&program.argv)
            .map(text)
            .collect::<Result<_, _>>()?,
    })
}

/// The tag that `dir` was prepared with.
pub(crate) fn tag(dir: &Path) -> Result<String> {
    Ok(cover(dir)?.tag)
}

fn cover(dir: &Path) -> Result<Cover> {
    let path = dir.join("ledger.json");
    let bad = |why: String| format!("{}: {why}: measure this cell again", path.display());
    let text = fs::read(&path).map_err(|why| bad(why.to_string()))?;
    let cover: Cover = serde_json::from_slice(&text).map_err(|why| bad(why.to_string()))?;
    if cover.format != FORMAT {
        return Err(bad(format!(
            "is of format {}, this reads {FORMAT}",
            cover.format
        ))
        .into());
    }
    Ok(cover)
}

/// All truths of the run in `dir`. An error names the file that is missing, cut off or corrupt,
/// or the process whose events do not add up.
pub fn read(dir: &Path) -> Result<Ledger> {
    let cover = cover(dir)?;
    let path = dir.join("ledger.bin");
    let bad = |why: String| format!("{}: {why}: measure this cell again", path.display());
    let bytes = fs::read(&path).map_err(|why| bad(why.to_string()))?;
    let slots = slots(&bytes).map_err(bad)?;
    let (programs, expected) = (cover.programs.len(), Counts(cover.expected));
    if cover.driven {
        return driven(&bytes, &slots, programs, expected).map_err(|why| bad(why).into());
    }
    check(&slots, programs, expected).map_err(bad)?;
    Ok(truths(&slots, &cover))
}

/// What a driver wrote down of others, when it is itself as it should be.
pub(crate) fn driven(
    bytes: &[u8],
    slots: &[Slot],
    programs: usize,
    expected: Counts,
) -> Result<Ledger, String> {
    check(slots, programs, Counts([1; 3]))?;
    let ledger = case_log::decode(&bytes[HEADER + slots.len() * SLOT..])?;
    case_log::check(&ledger, expected)?;
    Ok(ledger)
}

/// The slots in the bytes of a ledger.
pub(crate) fn slots(bytes: &[u8]) -> Result<Vec<Slot>, String> {
    let u32_at = |offset| {
        let four = bytes
            .get(offset..offset + 4)
            .and_then(|four| four.try_into().ok());
        four.map_or(0, u32::from_le_bytes)
    };
    if bytes.len() < HEADER || bytes[..8] != slot::MAGIC {
        return Err("is not a ledger, or is cut off".into());
    }
    if u32_at(at::VERSION) != slot::VERSION {
        let version = u32_at(at::VERSION);
        return Err(format!(
            "is of version {version}, this reads {}",
            slot::VERSION
        ));
    }
    let used = u32_at(at::USED) as usize;
    if used > u32_at(at::SLOTS) as usize {
        return Err(format!(
            "{used} slots were claimed of {}",
            u32_at(at::SLOTS)
        ));
    }
    let body = &bytes[HEADER..];
    if body.len() / SLOT < used {
        return Err(format!(
            "is cut off: {used} slots used, {} there",
            body.len() / SLOT
        ));
    }
    let (slots, _) = body.as_chunks::<SLOT>();
    Ok(slots[..used].iter().map(Slot::decode).collect())
}

/// How many events of each kind are due in `slots`.
pub(crate) fn count(slots: &[Slot]) -> Counts {
    let due = |kind| slots.iter().filter(|slot| slot.has(kind)).count() as u64;
    Counts([due(FORK), due(EXEC), due(EXIT)])
}

/// Whether the ledger is whole: every slot complete and in itself consistent, every process made
/// by the one that says so, and as many events as the definition says, no more and no less.
pub(crate) fn check(slots: &[Slot], programs: usize, expected: Counts) -> Result<(), String> {
    for (number, slot) in slots.iter().enumerate() {
        if let Some(flaw) = flaw(slots, number, programs) {
            return Err(format!("slot {number} (pid {}): {flaw}", slot.pid()));
        }
    }
    let counts = count(slots);
    for kind in Kind::ALL {
        let (has, due) = (counts.of(kind), expected.of(kind));
        if has != due {
            return Err(format!("has {has} {kind}s where {due} are due"));
        }
    }
    Ok(())
}

fn flaw(slots: &[Slot], number: usize, programs: usize) -> Option<String> {
    let slot = &slots[number];
    if slot.has(EXEC) && slot.program as usize >= programs {
        return Some(format!("executed program {} of {programs}", slot.program));
    }
    // The first process was made by the runner, which has no slot.
    let parent = (number > 0).then(|| slots.get(slot.parent as usize).map(Slot::pid));
    match parent {
        Some(pid) if pid != Some(slot.ppid()) => Some(format!(
            "its parent is {}, but {} claimed to be: is /bin/sh a shell that makes one child for each command?",
            slot.ppid(),
            pid.map_or("nobody".into(), |pid| pid.to_string())
        )),
        _ => slot.flaw(),
    }
}

fn truths(slots: &[Slot], cover: &Cover) -> Ledger {
    let mut arena = Arena::default();
    let exes: Vec<Span> = cover
        .programs
        .iter()
        .map(|program| arena.push(program.exe.as_bytes()))
        .collect();
    let mut truths = Vec::with_capacity(slots.len() * 2);
    for (number, slot) in slots.iter().enumerate() {
        truths.extend(slot.has(FORK).then(|| slot.fork()));
        if slot.has(EXEC) {
            let program = slot.program as usize;
            let argv = arena.push(&argv(&cover.programs[program].argv, &cover.tag, number));
            truths.push(slot.exec(exes[program], argv));
        }
        truths.extend(slot.has(EXIT).then(|| slot.exit()));
    }
    let owned = Vec::new();
    Ledger {
        truths,
        arena,
        owned,
    }
}

/// The nonce of slot `number` in the run `tag`.
pub(crate) fn nonce(tag: &str, number: usize) -> String {
    format!("n{tag}-{number}")
}

fn argv(template: &[String], tag: &str, number: usize) -> Vec<u8> {
    contract::argv_bytes(template.iter().map(|word| fill(word, tag, number)))
}

fn fill(word: &str, tag: &str, number: usize) -> String {
    let mut out = String::with_capacity(word.len() + 16);
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("{nonce") {
        let Some((offset, after)) = after.split_once('}') else {
            break;
        };
        let offset: usize = offset.strip_prefix('+').unwrap_or("0").parse().unwrap_or(0);
        out += before;
        out += &nonce(tag, number + offset);
        rest = after;
    }
    out + rest
}

/// The least of the stamps that were made.
fn least<const N: usize>(stamps: [u64; N]) -> u64 {
    stamps
        .into_iter()
        .filter(|&stamp| stamp != 0)
        .min()
        .unwrap_or(0)
}

/// The first of the stamps that was made.
fn foremost<const N: usize>(stamps: [u64; N]) -> u64 {
    stamps.into_iter().find(|&stamp| stamp != 0).unwrap_or(0)
}

impl Slot {
    fn truth(&self, kind: Kind, (after, before): (u64, u64), loose: bool) -> Truth {
        let (pid, fields) = (self.pid(), Fields::default());
        // What delayed a process's beginning delayed everything that happened to it.
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
        // Whatever the child stamped first proves that it was there.
        let before = least([
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

    fn exec(&self, exe: Span, argv: Span) -> Truth {
        let after = foremost([self.exec_after, self.fork_after]);
        let window = (after, foremost([self.exec_before, self.exit_before]));
        let mut truth = self.truth(Kind::Exec, window, self.has(LOOSE_EXEC));
        truth.fields.exe = Some(exe);
        truth.fields.argv = Some(argv);
        truth.fields.ppid = Some(self.ppid());
        truth
    }

    fn exit(&self) -> Truth {
        let after = foremost([self.exit_after, self.exec_after, self.fork_after]);
        let window = (after, self.exit_before);
        let mut truth = self.truth(Kind::Exit, window, self.has(LOOSE_EXIT));
        truth.fields.status = Some(self.wait_status());
        truth
    }
}

#[cfg(test)]
mod tests;
