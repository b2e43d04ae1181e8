//! A sweep on a terminal.

use contract::plain;
use scoring::sweep::result::Sweep;

use super::row::{estimate, row};
use super::section::of;
use crate::numbers::count;

/// What was found, a few lines for each configuration.
pub(crate) fn terminal(sweep: &Sweep) -> String {
    let mut text = String::new();
    for (workload, generator) in &sweep.generators {
        let ceiling = estimate(&generator.ceiling_per_s);
        text += &format!(
            "\n{}: the generator's ceiling is {ceiling} processes a second\n",
            plain(workload)
        );
        for row in of(sweep, workload).map(|one| row(one, String::new())) {
            text += &format!("\n{}\n", plain(&row.configuration));
            let mut lines = match &row.not_measured {
                Some(why) => vec![("cannot be swept", plain(why))],
                None => vec![
                    ("holds", row.holds),
                    (
                        "latency there",
                        format!("{}; at half of it {}", row.latency, row.latency_half),
                    ),
                    ("fails at", row.gives),
                    ("first loss", row.first_loss),
                    ("at the ceiling", row.ceiling),
                    ("longest burst", row.burst),
                ],
            };
            lines.extend(
                row.unfinished
                    .map(|next| ("not finished", format!("next {next}"))),
            );
            text.extend(
                lines
                    .into_iter()
                    .map(|(what, says)| format!("  {what:<15} {says}\n")),
            );
        }
    }
    let cells: Vec<usize> = sweep.found.iter().map(|one| one.trials).collect();
    text + &format!("\n{}\n", count(cells.iter().sum::<usize>() as u64, "trial"))
}
