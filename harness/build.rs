//! Gives the harness the commit it is built from and the hash of the sources that decide a record's figures,
//! so that a record can name them. Without the workspace (a published package) it gives neither, without git
//! only the hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// As many hexadecimal digits as a record names.
const DIGITS: usize = 16;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=deciding_sources.txt");
    let list = List::read(include_str!("deciding_sources.txt"));
    let top = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    // In a published package the folder above is not the workspace.
    if !top.join("monitors/Cargo.toml").is_file() {
        return Ok(());
    }
    let files = list.files(&top)?;
    println!("cargo:rustc-env=ROLLCALL_SOURCES={}", hash(&top, &files)?);
    if let Some(commit) = commit(&top, &list) {
        println!("cargo:rustc-env=ROLLCALL_COMMIT={commit}");
    }
    Ok(())
}

/// What deciding_sources.txt says.
struct List {
    prefixes: Vec<&'static str>,
    left_out: Vec<&'static str>,
}

impl List {
    fn read(text: &'static str) -> Self {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (left_out, prefixes): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with('!'));
        let left_out = left_out.into_iter().map(|line| &line[1..]).collect();
        Self { prefixes, left_out }
    }

    /// The files it names, from `top` on, in the order in which they are hashed.
    fn files(&self, top: &Path) -> std::io::Result<Vec<String>> {
        let mut found = Vec::new();
        for prefix in &self.prefixes {
            let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
            let watched = if folder.is_empty() { prefix } else { folder };
            println!("cargo:rerun-if-changed={}", top.join(watched).display());
            self.walk(top, folder, prefix, &mut found)?;
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Adds the files below `folder` whose path begins with `prefix`.
    fn walk(
        &self,
        top: &Path,
        folder: &str,
        prefix: &str,
        found: &mut Vec<String>,
    ) -> std::io::Result<()> {
        for entry in fs::read_dir(top.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            if !path.starts_with(prefix) || self.left_out.contains(&name.as_str()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                self.walk(top, &path, prefix, found)?;
            } else {
                found.push(path);
            }
        }
        Ok(())
    }

    /// The same as git's patterns.
    fn pathspecs(&self) -> Vec<String> {
        let left_out = self
            .left_out
            .iter()
            .flat_map(|name| ["", "/**"].map(|below| format!(":(exclude,glob)**/{name}{below}")));
        let prefixes = self.prefixes.iter().map(|prefix| format!("{prefix}*"));
        prefixes.chain(left_out).collect()
    }
}

/// Of every file its path, its length and its bytes; the beginning of the whole.
fn hash(top: &Path, files: &[String]) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    for path in files {
        let content = fs::read(top.join(path))?;
        hash.update(format!("{path}\0{}\0", content.len()));
        hash.update(&content);
    }
    let digits = hash
        .finalize()
        .into_iter()
        .map(|byte| format!("{byte:02x}"));
    Ok(digits.collect::<String>()[..DIGITS].to_owned())
}

/// The commit, marked when the sources are not as it has them; none without git.
fn commit(top: &Path, list: &List) -> Option<String> {
    let head = git(top, &["rev-parse", "HEAD"])?;
    // Records are made by release builds: only these are built again after a commit that changes no source.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        for name in ["HEAD", "logs/HEAD"] {
            let path = top.join(git(top, &["rev-parse", "--git-path", name])?);
            if path.exists() {
                println!("cargo:rerun-if-changed={}", path.display());
            }
        }
    }
    let pathspecs = list.pathspecs();
    let mut status = vec!["status", "--porcelain", "--"];
    status.extend(pathspecs.iter().map(String::as_str));
    let changed = git(top, &status)?;
    let mark = if changed.is_empty() { "" } else { "-dirty" };
    Some(format!("{head}{mark}"))
}

/// What git says in `top`, without the end of its last line.
fn git(top: &Path, args: &[&str]) -> Option<String> {
    let out = Command::new("git")
        .current_dir(top)
        .args(args)
        .output()
        .ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    out.status.success().then(|| text.trim_end().to_owned())
}
