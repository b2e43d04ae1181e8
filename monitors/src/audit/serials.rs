//! Which serial numbers never came. The kernel numbers the events it records, one after the other, whoever
//! made them. What finds its queue full it counts as lost before it gives a number. But what waits to
//! be sent again to a daemon that does not read is given up after some tries (`kauditd_send_queue`) and
//! then, where the machine was booted without `audit=1`, dropped without being counted
//! (`kauditd_hold_skb`): only the numbers tell how many these were.

/// How far out of order records may come: the kernel sends again what waits in a queue of its own.
const WINDOW: u64 = 1 << 17;

/// The numbers between the first and the last that are asked for.
pub(super) struct Serials {
    /// One bit a number from `base` on, at its place modulo the window: it came.
    came: Vec<u64>,
    base: u64,
    /// One above the highest that came.
    next: u64,
    /// Of those below `base`.
    missing: u64,
}

impl Serials {
    pub(super) fn new() -> Self {
        Self {
            came: vec![0; (WINDOW / 64) as usize],
            base: 0,
            next: 0,
            missing: 0,
        }
    }

    /// A record with this number came. The first one is where counting begins: what is numbered below
    /// was made earlier.
    pub(super) fn came(&mut self, serial: u64) {
        if self.next == 0 {
            (self.base, self.next) = (serial, serial);
        }
        if serial < self.base {
            return;
        }
        while serial >= self.base + WINDOW {
            self.slide();
        }
        self.next = self.next.max(serial + 1);
        let (word, bit) = Self::place(serial);
        self.came[word] |= bit;
    }

    /// How many up to the last one did not come.
    pub(super) fn missing(&self) -> u64 {
        let open = (self.base..self.next).filter(|&serial| {
            let (word, bit) = Self::place(serial);
            self.came[word] & bit == 0
        });
        self.missing + open.count() as u64
    }

    /// Gives the lowest number up.
    fn slide(&mut self) {
        let (word, bit) = Self::place(self.base);
        self.missing += u64::from(self.came[word] & bit == 0);
        self.came[word] &= !bit;
        self.base += 1;
    }

    const fn place(serial: u64) -> (usize, u64) {
        let at = serial % WINDOW;
        ((at / 64) as usize, 1 << (at % 64))
    }
}

/// The number in a record's text, `audit(1700000000.123:456): ...`.
pub(super) fn of(text: &[u8]) -> Option<u64> {
    let text = text.strip_prefix(b"audit(")?;
    let colon = text.iter().take(32).position(|&byte| byte == b':')?;
    let digits = text[colon + 1..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let mut number = None;
    for digit in digits.take(10) {
        number = Some(number.unwrap_or(0) * 10 + u64::from(digit - b'0'));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_record_is_read() {
        assert_eq!(of(b"audit(1700000000.123:456): arch=c000003e"), Some(456));
        assert_eq!(of(b"audit(1.2:4294967295): x"), Some(4_294_967_295));
        for bad in [&b"audit("[..], b"audit(1.2:): x", b"", b"audit(1.2"] {
            assert_eq!(of(bad), None);
        }
    }

    #[test]
    fn what_never_came_is_counted_whatever_the_order() {
        let mut serials = Serials::new();
        assert_eq!(serials.missing(), 0);
        for serial in [100, 100, 103, 101, 99, 110] {
            serials.came(serial);
        }
        assert_eq!(serials.missing(), 7);
        serials.came(105);
        assert_eq!(serials.missing(), 6);
        serials.came(110 + 3 * WINDOW);
        assert_eq!(serials.missing(), 6 + 3 * WINDOW - 1);
    }
}
