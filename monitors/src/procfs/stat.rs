//! /proc/PID/stat, as far as it tells one life and one program from the next.

use contract::Pid;

/// Forked, and has not executed anything since.
const FORKNOEXEC: u64 = 0x40;

/// What one look at a process found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// Nothing for one that is just being reaped.
    pub(super) ppid: Option<Pid>,
    /// In ticks since boot: with the pid it names one life.
    pub(super) started: u64,
    /// Whether it has executed something since it was forked.
    pub(super) executed: bool,
    /// Whether it has ended and only waits to be waited for.
    pub(super) ended: bool,
    pub(super) image: Image,
}

/// Which program, as far as this is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// Where its code begins and ends and its stack begins.
    At([u64; 3]),
    /// The kernel does not tell us.
    Hidden,
    /// It has none: a kernel thread, one that has ended, one that is just executing.
    None,
}

/// Reads it. The name in it may hold anything, so counting begins behind its last bracket.
pub(super) fn read(line: &[u8]) -> Option<Stat> {
    let close = line.iter().rposition(|&byte| byte == b')')?;
    let text = std::str::from_utf8(&line[close + 1..]).ok()?;
    let mut fields = text.split_ascii_whitespace();
    // Counted from 1 as in proc_pid_stat(5); the state is the third.
    let state = fields.next()?;
    let mut at = 3;
    let mut field = |number: usize| {
        let skipped = number - at - 1;
        at = number;
        fields.nth(skipped)?.parse::<u64>().ok()
    };
    let ppid = Pid::try_from(field(4)?).ok()?;
    let ppid = (ppid != 0).then_some(ppid);
    let flags = field(9)?;
    let threads = field(20)?;
    let started = field(22)?;
    let image = match [field(26)?, field(27)?, field(28)?] {
        [1, 1, _] => Image::Hidden,
        [0, ..] | [_, 0, _] | [.., 0] => Image::None,
        place => Image::At(place),
    };
    Some(Stat {
        ppid,
        started,
        executed: flags & FORKNOEXEC == 0,
        // A first thread that has ended stays a zombie as long as others live: no end yet.
        ended: matches!(state, "Z" | "X") && threads <= 1,
        image,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(state: &str, flags: u32, threads: u32, image: &str) -> String {
        format!(
            "7 (a) 1 (b\n) {state} 3 7 7 0 -1 {flags} 1 0 0 0 0 0 0 0 20 0 {threads} 0 99 1 2 3 {image} 0 0"
        )
    }

    #[test]
    fn fields_are_found_behind_any_name() {
        let stat = read(line("S", 0x40, 1, "4 5 6").as_bytes()).unwrap();
        let wanted = Stat {
            ppid: Some(3),
            started: 99,
            executed: false,
            ended: false,
            image: Image::At([4, 5, 6]),
        };
        assert_eq!(stat, wanted);
        assert_eq!(read(b"7 (x) S 3"), None);
    }

    #[test]
    fn a_first_thread_that_others_outlive_has_not_ended() {
        let ended = |threads| {
            read(line("Z", 0, threads, "0 0 0").as_bytes())
                .unwrap()
                .ended
        };
        assert_eq!((ended(2), ended(1)), (false, true));
        let image = |image| read(line("S", 0, 1, image).as_bytes()).unwrap().image;
        assert_eq!(image("1 1 0"), Image::Hidden);
        assert_eq!(image("0 0 0"), Image::None);
    }
}
