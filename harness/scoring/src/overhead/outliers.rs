//! Which cells count: the rule for steal and outliers.
//!
//! 1. A cell the harness flags as stolen is left out, as long as every configuration keeps at least
//!    two thirds of its cells. Otherwise every flagged cell counts: steal is then the machine's
//!    normal state, or it depends on the configuration, and leaving such cells out would bias the
//!    comparison.
//! 2. A large residual alone is no reason to leave a cell out or to pull it in. A monitor that
//!    stalls the workload now and then causes such residuals, and they are part of its cost: in
//!    simulation, for a monitor that doubles the time of one cell in ten, clipping residuals at 4
//!    robust standard deviations lowers the coverage at 30 blocks from 89 to 49 %. Without
//!    clipping, heavy tails make intervals wide, not wrong: where one cell in sixteen has eight
//!    times the noise, clipping would narrow them by a quarter.

use super::observation::Observation;

/// Flagged cells are left out up to this share of the cells of each configuration.
pub const LARGEST_SHARE_LEFT_OUT: f64 = 1.0 / 3.0;

/// The cells that count, of cells that are all sound.
pub(crate) fn counted<'a>(
    cells: &[&'a Observation],
    configurations: usize,
) -> Vec<&'a Observation> {
    let leave_out = (0..configurations).all(|configuration| few_stolen(cells, configuration));
    let counts = |cell: &&&Observation| !(leave_out && cell.stolen);
    cells.iter().filter(counts).copied().collect()
}

fn few_stolen(cells: &[&Observation], configuration: usize) -> bool {
    let own = || {
        cells
            .iter()
            .filter(|cell| cell.configuration == configuration)
    };
    let stolen = own().filter(|cell| cell.stolen).count();
    stolen as f64 <= LARGEST_SHARE_LEFT_OUT * own().count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine cells under each of three configurations; `stolen` of each are flagged.
    fn cells(stolen: [u32; 3]) -> Vec<Observation> {
        let under = |configuration: usize| {
            (0..9).map(move |block| Observation {
                block,
                configuration,
                copy: 0,
                order: block,
                value: 1.0,
                stolen: block < stolen[configuration],
            })
        };
        (0..3).flat_map(under).collect()
    }

    fn left(stolen: [u32; 3]) -> usize {
        let cells = cells(stolen);
        counted(&cells.iter().collect::<Vec<_>>(), 3).len()
    }

    #[test]
    fn stolen_cells_are_left_out_up_to_a_third() {
        assert_eq!(left([0, 0, 0]), 27);
        assert_eq!(left([1, 0, 2]), 24);
        assert_eq!(left([3, 3, 3]), 18);
    }

    #[test]
    fn beyond_a_third_of_any_configuration_all_cells_count() {
        assert_eq!(left([0, 0, 4]), 27);
        assert_eq!(left([9, 9, 9]), 27);
        assert!(counted(&[], 3).is_empty());
    }
}
