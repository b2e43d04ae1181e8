//! The files of the repository, without what is built, measured or installed.

use std::fs;
use std::path::{Path, PathBuf};

const SKIPPED: [&str; 4] = [".git", "target", "results", "node_modules"];

/// The top folder of the repository.
pub(crate) fn home() -> PathBuf {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.parent().unwrap().to_owned()
}

/// A file of the repository.
pub(crate) struct File {
    /// Its path from the top folder.
    pub(crate) path: String,
    /// Its contents; `None` where they are no text.
    pub(crate) text: Option<String>,
}

impl File {
    /// The language that it is written in, by its name or its first line.
    pub(crate) fn language(&self) -> Option<Language> {
        let name = Path::new(&self.path);
        match name.extension().and_then(|ends| ends.to_str()) {
            Some("rs") => Some(Language::Rust),
            Some("c" | "h") => Some(Language::C),
            Some("py") => Some(Language::Python),
            Some("js" | "mjs") => Some(Language::JavaScript),
            Some("sh") => Some(Language::Shell),
            Some(_) => None,
            None => {
                let first = self.text.as_ref()?.lines().next()?;
                let interpreter = first.strip_prefix("#!")?;
                let python = interpreter.contains("python");
                Some(if python {
                    Language::Python
                } else {
                    Language::Shell
                })
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    C,
    Python,
    JavaScript,
    Shell,
}

/// All of them, by their paths.
pub(crate) fn all() -> Vec<File> {
    let home = home();
    let mut found = Vec::new();
    walk(&home, &home, &mut found);
    assert!(
        found.len() > 300,
        "{} files in {}",
        found.len(),
        home.display()
    );
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(home: &Path, folder: &Path, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if SKIPPED.iter().any(|skipped| *skipped == name) {
            continue;
        }
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            walk(home, &path, found);
        } else if kind.is_file() {
            let text = String::from_utf8(fs::read(&path).unwrap()).ok();
            let path = path.strip_prefix(home).unwrap();
            let path = path.to_string_lossy().into_owned();
            found.push(File { path, text });
        }
    }
}
