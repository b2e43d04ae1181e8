//! Files of a record, read and written whole. A FIFO or a device in the place of one would make a
//! reader wait for ever or fill the memory, so that nothing but a regular file is opened.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// No file that is read whole is larger than so many bytes: 4 GiB.
const MOST: u64 = 4 << 30;

/// Opens a regular file. An error says what stands there instead; the caller names the path.
pub fn open(path: &Path) -> io::Result<File> {
    // Before it is opened: to open a FIFO is to wait for its writer.
    regular(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// The bytes of a regular file of at most 4 GiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > MOST {
        return Err(io::Error::other(format!(
            "is of {length} bytes, more than any such file has"
        )));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length as usize)?;
    file.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a regular file.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes a regular file, new or in the place of another one.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    standing(path)?;
    fs::write(path, bytes)
}

/// Adds to a regular file, or makes it.
pub fn append(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    standing(path)?;
    let mut file = File::options().create(true).append(true).open(path)?;
    file.write_all(bytes.as_ref())
}

/// An error where what is there already is no regular file.
fn standing(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) => regular(&there),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn regular(meta: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt;
    let kind = meta.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(io::Error::other(format!("is {what}, not a regular file")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_18_only_regular_files_are_read_and_written() {
        let zero = Path::new("/dev/zero");
        let why = |error: io::Error| error.to_string();
        assert_eq!(
            why(read(zero).unwrap_err()),
            "is a device, not a regular file"
        );
        assert_eq!(
            why(write(zero, "x").unwrap_err()),
            "is a device, not a regular file"
        );
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(
            why(open(here).unwrap_err()),
            "is a folder, not a regular file"
        );
        let this = read_text(&here.join("src/file.rs")).unwrap();
        assert!(this.starts_with("//! Files of a record"));
        let missing = read(&here.join("nosuch")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
