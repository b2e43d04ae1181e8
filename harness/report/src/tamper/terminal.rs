//! The matrix as lines of text.

use contract::plain;

use super::view::{Matrix, Technique};

/// A block for each technique, a line for each act and adversary.
pub(super) fn text(matrix: &Matrix) -> String {
    let blocks: Vec<_> = matrix.techniques.iter().map(block).collect();
    blocks.join("\n")
}

fn block(one: &Technique) -> String {
    let guest = one.guest.as_ref().map(|key| format!(" in the guest {key}"));
    let mut lines = vec![plain(&format!("{}{}", one.name, guest.unwrap_or_default()))];
    for row in &one.rows {
        for (who, cell) in one.head.iter().skip(1).zip(&row.cells) {
            lines.push(plain(&format!("  {:24} {:14} {}", row.act, who, cell.text)));
        }
    }
    lines.join("\n") + "\n"
}
