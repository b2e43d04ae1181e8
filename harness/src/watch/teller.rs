//! Says what is lost, soon and no oftener than is bearable.
//!
//! What was not lost before is said at once, and what goes on [`AGAIN`] after it was last said; what was held back
//! for that is said when its time has come. Losses are looked up at most every [`LOOK`], and not while the answer
//! would be held back, so that also the last of them is said within a second.

use std::time::{Duration, Instant};

/// How often at most one kind of loss that goes on is said.
const AGAIN: Duration = Duration::from_millis(500);
/// How often at most losses are looked up, for some monitors ask the kernel.
const LOOK: Duration = Duration::from_millis(250);

/// What was lost and what was said of it.
pub(super) struct Teller {
    say: fn(&str),
    losses: Vec<Loss>,
    /// When losses are looked up next.
    look: Option<Instant>,
}

/// One kind of loss.
struct Loss {
    what: &'static str,
    why: String,
    total: u64,
    said: u64,
    at: Option<Instant>,
}

impl Teller {
    pub(super) fn new(say: fn(&str)) -> Self {
        Self {
            say,
            losses: Vec::new(),
            look: None,
        }
    }

    /// Says it now, once.
    pub(super) fn say(&self, text: &str) {
        (self.say)(text);
    }

    /// Notes that by now `total` events were `what`, for this reason.
    pub(super) fn note(&mut self, what: &'static str, why: &str, total: u64) {
        if total == 0 {
            return;
        }
        let mut known = self.losses.iter_mut();
        match known.find(|loss| loss.what == what && loss.why == why) {
            Some(loss) => loss.total = loss.total.max(total),
            None => self.losses.push(Loss {
                what,
                why: why.to_owned(),
                total,
                said: 0,
                at: None,
            }),
        }
    }

    /// Says what was noted and may be said now.
    pub(super) fn tell(&mut self) {
        if self.losses.iter().any(Loss::grew) {
            for line in self.lines(Instant::now()) {
                self.say(&line);
            }
        }
    }

    /// Whether losses are to be looked up now.
    pub(super) fn due(&mut self) -> bool {
        self.due_at(Instant::now())
    }

    fn due_at(&mut self, now: Instant) -> bool {
        let due = self.look.is_none_or(|at| now >= at);
        if due {
            self.look = Some(now + LOOK);
        }
        due
    }

    fn lines(&mut self, now: Instant) -> Vec<String> {
        let grown = self.losses.iter_mut().filter(|loss| loss.grew());
        let may = grown.filter(|loss| loss.at.is_none_or(|at| now >= at + AGAIN));
        let lines = may.map(|loss| loss.line(now)).collect::<Vec<_>>();
        if !lines.is_empty() {
            self.look = Some(now + AGAIN);
        }
        lines
    }
}

impl Loss {
    fn grew(&self) -> bool {
        self.total > self.said
    }

    fn line(&mut self, now: Instant) -> String {
        self.said = self.total;
        self.at = Some(now);
        format!("{} events {} so far: {}", self.total, self.what, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn teller() -> (Teller, Instant) {
        (Teller::new(|_| {}), Instant::now())
    }

    #[test]
    fn another_kind_of_loss_is_said_at_once_and_one_that_goes_on_twice_a_second() {
        let (mut teller, start) = teller();
        teller.note("lost", "socket_drops", 3);
        let first = ["3 events lost so far: socket_drops"];
        assert_eq!(teller.lines(start), first);
        teller.note("lost", "socket_drops", 4);
        teller.note("lost", "kernel_lost", 7);
        let other = ["7 events lost so far: kernel_lost"];
        assert_eq!(teller.lines(start + 10 * MS), other);
        teller.note("lost", "socket_drops", 5);
        assert!(teller.lines(start + 499 * MS).is_empty());
        // It did not grow any more, and is said all the same.
        let held_back = ["5 events lost so far: socket_drops"];
        assert_eq!(teller.lines(start + 500 * MS), held_back);
        assert!(teller.lines(start + 5000 * MS).is_empty(), "said already");
    }

    #[test]
    fn of_losses_that_go_on_there_are_two_lines_a_second() {
        let (mut teller, start) = teller();
        let lines = (0..1000).map(|ms| {
            teller.note("lost", "ring_full", u64::from(ms) + 1);
            teller.lines(start + ms * MS).len()
        });
        assert_eq!(lines.sum::<usize>(), 2);
    }

    /// A loss at any time, in a monitor that looks them up when it is asked to, four times a second: the
    /// most that lies between it and the line.
    #[test]
    fn a_loss_that_is_looked_up_is_said_within_a_second() {
        for at in 0..2000 {
            let (mut teller, start) = teller();
            let said = (0..).step_by(250).find(|&ms| {
                let now = start + ms * MS;
                if teller.due_at(now) {
                    let total = 1 + u64::from(ms >= at);
                    teller.note("lost", "ring_full", total);
                    return !teller.lines(now).is_empty() && total == 2;
                }
                false
            });
            let late = said.unwrap() - at;
            assert!(late <= 750, "{late} ms");
        }
    }
}
