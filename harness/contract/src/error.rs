use std::fmt;

/// Any error: one clear line that names the file, flag, field or system call and ends in what to do.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something cannot run on this machine: not a failure, a row that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// What is missing, as in "CAP_NET_ADMIN" or "a kernel with CONFIG_PROC_EVENTS=y".
    pub missing: String,
    /// What to do about it.
    pub remedy: String,
}

impl Unavailable {
    /// `missing`, and `remedy` for it.
    pub fn new(missing: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            missing: missing.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "needs {}: {}", self.missing, self.remedy)
    }
}

impl std::error::Error for Unavailable {}
