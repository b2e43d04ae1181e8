//! One line for an error of aya.

/// The whole chain of causes in one line: aya keeps errno, and the verifier's reason, below.
pub(super) fn said(what: &str, error: &(dyn std::error::Error + 'static)) -> contract::Error {
    let mut text = format!("ebpf: {what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{line}: see `harness doctor` for what this kernel lacks").into()
}
