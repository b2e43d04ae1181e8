//! Which CPUs there are.

use std::fs;

use contract::Result;

/// The list called `which` (`online`, `possible`), as the kernel writes it.
pub(crate) fn text(which: &str) -> Result<String> {
    let path = format!("/sys/devices/system/cpu/{which}");
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("{path}: {error}: mount sysfs on /sys"))?;
    Ok(text.trim().to_owned())
}

/// Their numbers.
pub(crate) fn read(which: &str) -> Result<Vec<u32>> {
    let list = text(which)?;
    let cpus = parse(&list);
    cpus.ok_or_else(|| {
        format!("{which} CPUs: the kernel says '{list}': this is a bug, please report it").into()
    })
}

/// Such as `0-2,5`.
fn parse(list: &str) -> Option<Vec<u32>> {
    let mut cpus = Vec::new();
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cpus.extend(first.parse::<u32>().ok()?..=last.parse().ok()?);
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn ranges_and_single_ones_are_read() {
        assert_eq!(parse("0-2,5"), Some(vec![0, 1, 2, 5]));
        assert_eq!(parse("0"), Some(vec![0]));
        assert_eq!(parse("x"), None);
    }
}
