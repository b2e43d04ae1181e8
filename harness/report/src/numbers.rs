//! Numbers as people write them.

/// Microseconds, with the unit that reads best.
pub fn micros(us: f64) -> String {
    match us {
        us if us < 999.5 => format!("{us:.0} us"),
        us if us < 999_950.0 => format!("{:.1} ms", us / 1000.0),
        us => format!("{:.1} s", us / 1_000_000.0),
    }
}

/// A share as per cent with two significant digits, counted from whichever end is nearer: 99.85 %
/// is not 100 %.
pub fn percent(share: f64) -> String {
    format!("{} %", bare_percent(share))
}

/// The same without the sign.
pub fn bare_percent(share: f64) -> String {
    let value = share * 100.0;
    let rest = value.min(100.0 - value);
    let digits = if rest <= 1e-9 {
        0
    } else {
        (1.0 - rest.log10().floor()).clamp(0.0, 6.0) as usize
    };
    format!("{value:.digits$}")
}

/// Without decimals, unless that would say all or nothing of what is neither.
pub fn whole_percent(share: f64) -> String {
    match (share * 100.0).round() {
        0.0 | 100.0 => bare_percent(share),
        value => value.to_string(),
    }
}

/// 98301 as 98,301.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "1 exec", "2,001 execs".
pub fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", thousands(number))
}

/// Three significant digits at most, no more than one decimal from ten on.
pub fn few(value: f64) -> String {
    let size = value.abs();
    let digits = match size {
        size if size >= 9.95 => 0,
        size if size >= 0.0995 || size == 0.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            [0, 7, 999, 1000, 1_234_567].map(thousands),
            ["0", "7", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0.0, 1.0, 0.0042, 0.000_037_5, 0.998_502, 0.46].map(percent),
            ["0 %", "100 %", "0.42 %", "0.0037 %", "99.85 %", "46 %"]
        );
        assert_eq!(
            [12.3, 999.7, 2500.0, 3e6].map(micros),
            ["12 us", "1.0 ms", "2.5 ms", "3.0 s"]
        );
        assert_eq!(
            [40.17, 7.34, 0.0, 0.012].map(few),
            ["40", "7.3", "0.0", "0.01"]
        );
        assert_eq!(
            [0.956, 0.9985, 0.0, 1.0].map(whole_percent),
            ["96", "99.85", "0", "100"]
        );
        assert_eq!(count(1, "exec"), "1 exec");
        assert_eq!(count(2001, "exec"), "2,001 execs");
    }
}
