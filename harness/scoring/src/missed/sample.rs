//! A few of many, evenly spaced, however many there will be.

use super::of_cell::MOST;

/// Keeps every so-manieth of what it is told.
#[derive(Clone, Debug)]
pub(super) struct Sample<T> {
    kept: Vec<T>,
    step: u64,
    pub(super) total: u64,
}

impl<T> Sample<T> {
    pub(super) fn new() -> Self {
        Self {
            kept: Vec::new(),
            step: 1,
            total: 0,
        }
    }

    pub(super) fn push(&mut self, one: T) {
        if self.total.is_multiple_of(self.step) {
            if self.kept.len() >= MOST {
                self.halve();
            }
            if self.total.is_multiple_of(self.step) {
                self.kept.push(one);
            }
        }
        self.total += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Forgets every other one.
    pub(super) fn halve(&mut self) {
        let mut place = 0_usize;
        self.kept.retain(|_| {
            place += 1;
            place % 2 == 1
        });
        self.step *= 2;
    }

    pub(super) fn into_kept(self) -> Vec<T> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_evenly_spaced_and_counted() {
        for many in [0_u64, 1, 999, 1000, 1001, 123_456] {
            let mut sample = Sample::new();
            (0..many).for_each(|one| sample.push(one));
            let (total, kept) = (sample.total, sample.into_kept());
            assert_eq!(total, many);
            assert!(kept.len() <= MOST);
            assert!(kept.len() as u64 >= many.min(MOST as u64 / 2));
            let mut steps = kept.windows(2).map(|pair| pair[1] - pair[0]);
            let first = steps.next();
            assert!(steps.all(|step| Some(step) == first), "{many}: {first:?}");
        }
    }
}
