//! The differences between two records, for a terminal.

use contract::plain;

use super::differences::Differences;

/// Of two records of the same, one interval in so many lies apart: tests/coverage.rs counts.
const BY_CHANCE: usize = 180;

/// One difference in two lines, then how many intervals overlap.
pub fn text(found: &Differences) -> String {
    let mut lines = Vec::new();
    for (name, machine) in found.names.iter().zip(&found.machines) {
        lines.push(format!("{name}: {machine}"));
    }
    lines.extend(found.thinned.iter().cloned());
    lines.extend(found.no_speed.clone());
    lines.push(String::new());
    for row in &found.rows {
        let word = if row.better { "better" } else { "worse" };
        lines.push(format!(
            "{} on {}: {} is {word}",
            row.configuration, row.workload, row.figure
        ));
        lines.push(format!("    {} -> {}", row.old, row.new));
    }
    lines.extend(found.only.iter().cloned());
    lines.push(match found.rows.len() {
        0 => format!(
            "no difference beyond the noise in {} figures",
            found.compared
        ),
        n => format!("{n} of {} figures differ beyond the noise", found.compared),
    });
    lines.push(overlap(found));
    lines.extend(found.noise.iter().map(|what| format!("    {what}")));
    lines.iter().map(|line| plain(line) + "\n").collect()
}

/// Whether the records agree, and how far chance alone would let them.
fn overlap(found: &Differences) -> String {
    let all = found.intervals;
    match found.apart {
        0 => format!("every interval overlaps the other's, {all} of {all}"),
        apart => format!(
            "{} of {all} intervals overlap, {apart} do not (by chance about 1 in {BY_CHANCE} does \
             not): the differences above{}",
            all - apart,
            if found.noise.is_empty() {
                ""
            } else {
                ", and within the noise"
            }
        ),
    }
}
