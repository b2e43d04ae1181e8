//! `ledger.json`: the script of a run and its tag. It is written before the run, read by the process
//! that runs the workload, and read again with the ledger.

use std::fs;
use std::path::Path;

use contract::{Counts, Driver, Program, Result, Script};
use serde::{Deserialize, Serialize};

const FORMAT: u32 = 2;
const FILE: &str = "ledger.json";

/// What the file holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: u32,
    /// Part of every nonce, so that no two cells share one.
    pub(crate) tag: String,
    /// The programs that are executed; the first one is started by the runner.
    pub(crate) programs: Vec<ManifestProgram>,
    /// How many events there must be, in the order of [`contract::Kind::ALL`].
    pub(crate) expected: [u64; 3],
    slots: u32,
    live: u32,
    memory_bytes: u64,
    /// The arguments of the first program, after its name and its nonce.
    words: Vec<String>,
    /// The slots are a driver's, and the events of its case lie behind them.
    pub(crate) driver: Option<ManifestDriver>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManifestProgram {
    pub(crate) exe: String,
    /// `{nonce}` stands for the nonce of the slot, `{nonce+2}` for that of the second after it.
    pub(crate) argv: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManifestDriver {
    early: bool,
    gains: bool,
    #[serde(default)]
    root: bool,
}

impl Manifest {
    /// That of one run of `script`. An error says what is wrong with the tag or a program's name.
    pub(crate) fn new(script: &Script, tag: &str) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric();
        if tag.is_empty() || tag.len() > 24 || !tag.bytes().all(plain) {
            return Err(format!("tag '{tag}': use 1 to 24 letters and digits").into());
        }
        let programs = script.programs.iter().map(ManifestProgram::new);
        let driver = script.driver.map(|driver| ManifestDriver {
            early: driver.early,
            gains: driver.gains,
            root: driver.root,
        });
        Ok(Self {
            format: FORMAT,
            tag: tag.into(),
            programs: programs.collect::<Result<_>>()?,
            expected: script.expected.0,
            slots: script.slots,
            live: script.live,
            memory_bytes: script.memory_bytes,
            words: script.words.clone(),
            driver,
        })
    }

    /// The script it was made from.
    pub(crate) fn script(&self) -> Script {
        let program = |one: &ManifestProgram| Program {
            exe: (&one.exe).into(),
            argv: contract::argv_bytes(&one.argv),
        };
        let driver = |one: &ManifestDriver| Driver {
            early: one.early,
            gains: one.gains,
            root: one.root,
        };
        Script {
            programs: self.programs.iter().map(program).collect(),
            slots: self.slots,
            expected: Counts(self.expected),
            live: self.live,
            memory_bytes: self.memory_bytes,
            words: self.words.clone(),
            driver: self.driver.as_ref().map(driver),
        }
    }

    /// Writes it into the folder of a cell.
    pub(crate) fn write(&self, cell: &Path) -> Result<()> {
        let path = cell.join(FILE);
        let text = serde_json::to_string_pretty(self)? + "\n";
        let failed = |why| format!("{}: {why}: use a writable folder", path.display());
        fs::write(&path, text).map_err(|why| failed(why).into())
    }

    /// Reads it from the folder of a cell.
    pub(crate) fn read(cell: &Path) -> Result<Self> {
        let path = cell.join(FILE);
        let bad = |why: String| format!("{}: {why}: measure this cell again", path.display());
        let text = contract::file::read(&path).map_err(|why| bad(why.to_string()))?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|why| bad(why.to_string()))?;
        if manifest.format != FORMAT {
            let why = format!("is of format {}, expected {FORMAT}", manifest.format);
            return Err(bad(why).into());
        }
        Ok(manifest)
    }
}

impl ManifestProgram {
    fn new(program: &Program) -> Result<Self> {
        let text = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec()).map_err(|_| {
                let exe = program.exe.display();
                format!("{exe}: is not UTF-8: install the programs in a folder whose name is")
            })
        };
        Ok(Self {
            exe: text(program.exe.as_os_str().as_encoded_bytes())?,
            argv: contract::split_argv(&program.argv)
                .map(text)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The nonce of slot `number` in the run `tag`.
pub(crate) fn nonce(tag: &str, number: usize) -> String {
    let mut bytes = Vec::new();
    push_nonce(tag, number, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Appends it to `out`. A ledger has one for each exec: formatting would take longer than all else of it.
pub(super) fn push_nonce(tag: &str, number: usize, out: &mut Vec<u8>) {
    out.push(b'n');
    out.extend_from_slice(tag.as_bytes());
    out.push(b'-');
    let begin = out.len();
    let mut rest = number;
    loop {
        out.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out[begin..].reverse();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_the_tag_and_the_number() {
        for number in [0, 9, 10, 1_234_567, usize::MAX] {
            assert_eq!(nonce("abc", number), format!("nabc-{number}"));
        }
    }

    #[test]
    fn a_script_comes_back_as_it_was() {
        let program = Program {
            exe: "/p/a".into(),
            argv: contract::argv_bytes(["a", "{nonce}", ""]),
        };
        let script = Script {
            programs: vec![program],
            slots: 3,
            expected: Counts([3, 1, 3]),
            live: 9,
            memory_bytes: 1 << 30,
            words: vec!["x".into()],
            driver: Some(Driver {
                early: true,
                gains: false,
                root: true,
            }),
        };
        let cell = tempfile::tempdir().unwrap();
        Manifest::new(&script, "t1")
            .unwrap()
            .write(cell.path())
            .unwrap();
        let read = Manifest::read(cell.path()).unwrap();
        assert_eq!(read.tag, "t1");
        assert_eq!(format!("{:?}", read.script()), format!("{script:?}"));
    }

    #[test]
    fn a_tag_that_would_not_be_unique_in_argv_is_refused() {
        let script = Script {
            programs: Vec::new(),
            slots: 1,
            expected: Counts::default(),
            live: 1,
            memory_bytes: 0,
            words: Vec::new(),
            driver: None,
        };
        for tag in ["", "a-b", "a b", "abcdefghijklmnopqrstuvwxy"] {
            let error = Manifest::new(&script, tag).unwrap_err().to_string();
            assert!(error.contains("use 1 to 24 letters and digits"), "{error}");
        }
    }
}
