//! The dynamic loader that a program asks for: a binary that contains programs may run where there is none.

use std::path::Path;

use crate::error::Unavailable;

/// A binary that was built elsewhere may find another C library here, or none.
pub fn no_loader(program: &[u8]) -> Option<Unavailable> {
    let loader = loader(program)?;
    let missing = !Path::new(loader).exists();
    missing.then(|| {
        let remedy = "install the C library the harness was built with, or build it here";
        Unavailable::new(loader, remedy)
    })
}

/// The dynamic loader that a 64-bit little-endian ELF file asks for.
pub fn loader(elf: &[u8]) -> Option<&str> {
    const INTERP: u64 = 3;
    let number = |at: usize, size: usize| {
        let bytes = elf.get(at..at.checked_add(size)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)),
        )
    };
    let (table, entry, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let headers = (0..count).map(|index| table.checked_add(index * entry));
    let mut headers = headers.map_while(|at| usize::try_from(at?).ok());
    let header = headers.find(|&at| number(at, 4) == Some(INTERP))?;
    let (start, size) = (
        number(header + 8, 8)? as usize,
        number(header + 32, 8)? as usize,
    );
    let path = elf.get(start..start.checked_add(size)?)?;
    std::str::from_utf8(path.strip_suffix(b"\0")?).ok()
}
