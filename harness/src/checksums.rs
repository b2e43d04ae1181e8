//! Checksums of a cell's raw files: a file that still reads, but is not the one that was measured, must
//! not be scored. They guard against damage and mix-ups, not against malice.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use contract::file;
use scoring::record::{read_json, write_json};
use serde::{Deserialize, Serialize};

/// In the folder of a cell.
pub(crate) const FILE: &str = "checksums.json";

/// What both sides leave there and scoring reads.
const RAW: [&str; 11] = [
    "ledger.json",
    "inherited.json",
    "ledger.bin",
    "accounting.bin",
    "alive.json",
    "foreign.json",
    "execs.spool",
    "spool.bin",
    "start-1/spool.bin",
    "start-2/spool.bin",
    "start-3/spool.bin",
];

/// Of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    /// Its length.
    bytes: u64,
    /// CRC-32 of its bytes (that of zlib), 8 hexadecimal digits.
    crc32: String,
}

/// Writes those of the raw files that the cell in `dir` has.
pub(crate) fn write(dir: &Path) -> Result<()> {
    let (mut sums, mut piece) = (BTreeMap::new(), piece());
    for name in RAW {
        if let Some(sum) = sum(&dir.join(name), &mut piece)? {
            sums.insert(name.to_owned(), sum);
        }
    }
    write_json(&dir.join(FILE), &sums)
}

/// Whether the raw files in `dir` are those that were measured; cells that were made by hand have no
/// checksums.
pub(crate) fn check(dir: &Path) -> Result<()> {
    let path = dir.join(FILE);
    if fs::symlink_metadata(&path).is_err_and(|why| why.kind() == ErrorKind::NotFound) {
        return Ok(());
    }
    let sums: BTreeMap<String, Sum> = read_json(&path)?;
    let mut piece = piece();
    for name in RAW {
        let path = dir.join(name);
        let found = sum(&path, &mut piece)?;
        if found.as_ref() != sums.get(name) {
            bail!(
                "{}: is not what was measured, its checksum in {FILE} is another: measure again",
                path.display()
            );
        }
    }
    Ok(())
}

/// Room for what is read of a file at once, small enough to be summed while it is in the CPU's cache.
fn piece() -> Vec<u8> {
    vec![0; 1 << 16]
}

/// `None` of a file that is not there.
fn sum(path: &Path, piece: &mut [u8]) -> Result<Option<Sum>> {
    let mut hasher = crc32fast::Hasher::new();
    let mut bytes = 0;
    let why = || format!("{}: cannot be read: measure again", path.display());
    let mut file = match file::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.with_context(why)?,
    };
    loop {
        match file.read(piece).with_context(why)? {
            0 => break,
            length => {
                bytes += length as u64;
                hasher.update(&piece[..length]);
            }
        }
    }
    Ok(Some(Sum {
        bytes,
        crc32: format!("{:08x}", hasher.finalize()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_18_a_raw_file_that_is_another_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let put = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
        put("spool.bin", "123456789");
        put("ledger.bin", "");
        check(dir).unwrap();
        write(dir).unwrap();
        let text = fs::read_to_string(dir.join(FILE)).unwrap();
        // The check value of CRC-32.
        assert!(
            text.contains(r#""spool.bin":{"bytes":9,"crc32":"cbf43926"}"#),
            "{text}"
        );
        check(dir).unwrap();
        let refused = |name: &str| {
            let why = format!("{:#}", check(dir).unwrap_err());
            assert!(why.contains(name) && why.contains("measure again"), "{why}");
        };
        put("spool.bin", "123456798");
        refused("spool.bin");
        put("spool.bin", "123456789");
        put("alive.json", "[]");
        refused("alive.json");
        fs::remove_file(dir.join("alive.json")).unwrap();
        fs::remove_file(dir.join("ledger.bin")).unwrap();
        refused("ledger.bin");
    }
}
