//! What this harness is built from; a record names it.

use std::sync::LazyLock;

/// The commit, with `-dirty` where the deciding sources were changed; `None` without git.
pub(crate) const COMMIT: Option<&str> = option_env!("ROLLCALL_COMMIT");

/// The hash of the sources that decide a record's figures (deciding_sources.txt); `None` in a published package.
pub(crate) const SOURCES: Option<&str> = option_env!("ROLLCALL_SOURCES");

/// The version with both, one a line, for `harness --version`.
pub(crate) fn long() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let known = |value: Option<&'static str>| value.unwrap_or("unknown");
        let (commit, sources) = (known(COMMIT), known(SOURCES));
        format!(
            "{}\ncommit {commit}\nsources {sources}",
            env!("CARGO_PKG_VERSION")
        )
    });
    &TEXT
}
