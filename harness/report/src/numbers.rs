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

/// A ratio as a signed difference in per cent, without the sign of per cent: 1.018 as "+1.8".
pub fn signed_percent(ratio: f64) -> String {
    let text = format!("{:+.1}", (ratio - 1.0) * 100.0);
    if text == "-0.0" { "+0.0".into() } else { text }
}

/// 33,554,432 as "32 MiB".
pub fn bytes(n: u64) -> String {
    match n as f64 {
        n if n >= 1_048_576.0 => format!("{} MiB", few(n / 1_048_576.0).trim_end_matches(".0")),
        n if n >= 1024.0 => format!("{} KiB", few(n / 1024.0).trim_end_matches(".0")),
        n => format!("{n} bytes"),
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

/// 2,100,000 as "2.1 million"; below a million in full.
pub fn large(number: u64) -> String {
    match number as f64 / 1e6 {
        millions if millions < 1.0 => thousands(number),
        millions if millions < 10.0 => format!("{millions:.1} million"),
        millions => format!("{} million", thousands(millions.round() as u64)),
    }
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
        assert_eq!(
            [12_345, 2_149_000, 57_433_600].map(large),
            ["12,345", "2.1 million", "57 million"]
        );
        assert_eq!(
            [33_554_432, 212_992, 12].map(bytes),
            ["32 MiB", "208 KiB", "12 bytes"]
        );
        assert_eq!(
            [1.018, 0.99, 0.9999].map(signed_percent),
            ["+1.8", "-1.0", "+0.0"]
        );
        assert_eq!(count(1, "exec"), "1 exec");
        assert_eq!(count(2001, "exec"), "2,001 execs");
    }
}
