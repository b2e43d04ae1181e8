//! Progress on a terminal: what runs, and the time that is left. In a pipe there is none.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::say;

/// The bar.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for something that takes about so long.
    pub(crate) fn lasting(time: Duration) -> Self {
        let bar = ProgressBar::new(millis(time));
        let style = ProgressStyle::with_template("{bar:30} {msg}");
        let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
        Self(bar)
    }

    /// `doing`, with so much of the time gone and so much left, where that is known already.
    pub(crate) fn tell(&self, gone: Duration, left: Option<Duration>, doing: &str) {
        // Without an estimate the bar stays at its beginning.
        self.0.set_length(millis(gone + left.unwrap_or_default()));
        self.0.set_position(left.map_or(0, |_| millis(gone)));
        self.0.set_message(message(gone, left, doing));
    }

    /// A line that stays, above the bar.
    pub(crate) fn say(&self, line: &str) {
        self.0.suspend(|| say(line));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn message(gone: Duration, left: Option<Duration>, doing: &str) -> String {
    match left {
        Some(left) => format!("{} left, {doing}", words(left)),
        None => format!("{} gone, not known yet how long, {doing}", words(gone)),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// As a person says it: `2 min 10 s`.
pub(crate) fn words(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_20_no_time_is_told_before_it_is_estimated() {
        let of = |left| message(Duration::from_secs(5), left, "block 1");
        assert_eq!(
            of(Some(Duration::from_secs(90))),
            "1 min 30 s left, block 1"
        );
        assert_eq!(of(None), "5 s gone, not known yet how long, block 1");
    }

    #[test]
    fn times_read_as_they_are_said() {
        let of = |seconds| words(Duration::from_secs_f64(seconds));
        assert_eq!(of(0.4), "0 s");
        assert_eq!(of(59.6), "1 min");
        assert_eq!(of(130.0), "2 min 10 s");
        assert_eq!(of(3.0 * 3600.0 + 61.0), "3 h 1 min");
    }
}
