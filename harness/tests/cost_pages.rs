//! What a report shows of the cost model.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::fs;
use std::path::Path;

use scoring::Summary;
use scoring::cost_model::cost_model;
use scoring::record::{Experiment, write_json};
use tempfile::tempdir;

/// The committed reference, in which one family is taken for a command that is not ours.
#[test]
fn the_cost_model_is_shown_and_held_against_a_command() {
    let mut summary =
        Summary::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/reference")).unwrap();
    for cell in &mut summary.cells {
        if cell.workload == "static-binary" && cell.experiment == Experiment::Overhead {
            cell.experiment = Experiment::Foreign;
        }
    }
    summary.cost_model = cost_model(&[&summary.cells]);
    let dir = tempdir().unwrap();
    write_json(&dir.path().join("summary.json"), &summary).unwrap();
    report::write_all(dir.path(), report::Pictures::Svg).unwrap();
    for page in ["README.md", "report.html"] {
        let text = fs::read_to_string(dir.path().join(page)).unwrap();
        for words in [
            "Cost at a rate",
            "Predicted and measured on real work",
            "not told",
        ] {
            assert!(text.contains(words), "{page}: no '{words}'");
        }
    }
    for plot in ["cost-own.svg", "cost-system.svg"] {
        let svg = fs::read_to_string(dir.path().join("plots").join(plot)).unwrap();
        assert!(svg.contains("<polygon") && svg.contains("ebpf"), "{plot}");
    }
}
