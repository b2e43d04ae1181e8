//! How models make their scripts.

use std::path::Path;

use contract::{Counts, Program, Script, argv_bytes};

/// The memory limit of every workload: the runner, the programs' code and shared memory. A case that
/// uses up its memory (end-out-of-memory.c) allocates more.
const BASE_BYTES: u64 = 512 << 20;
/// Of a living process: its stack, page tables and task structure.
const LIVE_BYTES: u64 = 1 << 20;
/// Of a slot: 128 bytes in the shared ledger, as many in the page cache of `ledger.bin`, and a margin.
const SLOT_BYTES: u64 = 512;
/// Tasks beside the workload's own: the runner's threads.
pub(crate) const RUNNER_TASKS: u32 = 16;

/// The memory limit for so many slots and living processes.
pub(crate) fn memory_bytes(slots: u32, live: u32) -> u64 {
    let tasks = u64::from(live) + u64::from(RUNNER_TASKS);
    BASE_BYTES + tasks * LIVE_BYTES + u64::from(slots) * SLOT_BYTES
}

/// The program `file` in the folder `programs`, executed with `words` after its name.
pub(crate) fn program<'a>(
    programs: &Path,
    file: &'a str,
    words: impl IntoIterator<Item = &'a str>,
) -> Program {
    let argv = argv_bytes(std::iter::once(file).chain(words));
    let exe = programs.join(file);
    Program { exe, argv }
}

/// The first program of a script: it is given its nonce and `words`.
pub(crate) fn first_program(programs: &Path, file: &str, words: &[String]) -> Program {
    let words = words.iter().map(String::as_str);
    program(programs, file, std::iter::once("{nonce}").chain(words))
}

/// Processes that workers start one after the other.
pub(crate) struct Workers<'a> {
    /// The program whose workers they are.
    pub(crate) file: &'a str,
    /// Its arguments.
    pub(crate) words: [String; 3],
    /// The build of the leaf that each process executes, if any.
    pub(crate) leaf: Option<&'a str>,
    /// How many processes the workers start together.
    pub(crate) count: u32,
    /// How many workers there are.
    pub(crate) width: u32,
}

impl Workers<'_> {
    /// Its script. The first program is told the path and the name of the leaf after its other words.
    pub(crate) fn script(self, programs: &Path) -> Script {
        let mut words = self.words.to_vec();
        let leaf = self.leaf.map(|build| format!("leaf-{build}"));
        let leaf = leaf.map(|name| (program(programs, &name, ["{nonce}"]), name));
        if let Some((leaf, name)) = &leaf {
            words.extend([leaf.exe.display().to_string(), name.clone()]);
        }
        let execs = 1 + if leaf.is_some() { self.count } else { 0 };
        let first = first_program(programs, self.file, &words);
        let processes = 1 + self.width + self.count;
        let live = 1 + 2 * self.width;
        Script {
            programs: std::iter::once(first)
                .chain(leaf.map(|(leaf, _)| leaf))
                .collect(),
            slots: processes,
            expected: Counts([processes, execs, processes].map(u64::from)),
            live,
            memory_bytes: memory_bytes(processes, live),
            words,
            driver: None,
        }
    }
}
