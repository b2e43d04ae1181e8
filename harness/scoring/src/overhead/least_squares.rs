//! Least squares for blocks and columns, complete or not.
//!
//! Block effects are eliminated: each block adds `N - n n' / m` to the normal equations, with `n`
//! how often it holds each column, `N` the diagonal matrix of `n`, and `m` its number of cells. The
//! reference column (0) is left out, so each solution is a difference from the reference.

/// The cells of one block: column and observation.
pub(crate) type Block = Vec<(usize, f64)>;

/// A column's difference from the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Difference {
    /// The estimate.
    pub(crate) value: f64,
    /// Its variance in units of the residual variance, were all residual variances equal.
    pub(crate) unit: f64,
    /// Sum over blocks of the squared influence of the block's residuals on the estimate.
    pub(crate) influence: f64,
    /// Blocks that hold both the column and the reference.
    pub(crate) blocks: usize,
}

/// What least squares leave.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Solution {
    /// For each column; `None` for the reference and for columns no block connects with it.
    pub(crate) differences: Vec<Option<Difference>>,
    /// Sum of squared residuals.
    pub(crate) squares: f64,
    /// Observations less estimated blocks and columns.
    pub(crate) df: usize,
}

/// Solves for the differences of all columns from column 0.
pub(crate) fn solve(blocks: &[Block], columns: usize) -> Solution {
    let blocks = connected(blocks, columns);
    let rows = rows(&blocks, columns);
    let size = rows.iter().flatten().count();
    let (matrix, right) = normal(&blocks, &rows, size);
    let inverse = invert(matrix, size);
    let values = times(&inverse, &right);
    let (squares, influence) = residuals(&blocks, &rows, &values, &inverse);
    let difference = |column: usize| {
        rows[column].map(|row| Difference {
            value: values[row],
            unit: inverse[row * size + row],
            influence: influence[row],
            blocks: blocks
                .iter()
                .filter(|of| holds(of, column) && holds(of, 0))
                .count(),
        })
    };
    let cells: usize = blocks.iter().map(|block| block.len()).sum();
    Solution {
        differences: (0..columns).map(difference).collect(),
        squares,
        df: cells.saturating_sub(blocks.len() + size),
    }
}

fn holds(block: &[(usize, f64)], column: usize) -> bool {
    block.iter().any(|&(of, _)| of == column)
}

/// The blocks that are connected with the reference, directly or by way of other blocks. The rest
/// says nothing about differences from the reference.
fn connected(blocks: &[Block], columns: usize) -> Vec<&Block> {
    let mut reached: Vec<bool> = (0..columns).map(|column| column == 0).collect();
    let mut count = 0;
    loop {
        let inside = |block: &&Block| block.iter().any(|&(column, _)| reached[column]);
        let found: Vec<&Block> = blocks.iter().filter(inside).collect();
        if found.len() == count {
            return found;
        }
        count = found.len();
        for &(column, _) in found.into_iter().flatten() {
            reached[column] = true;
        }
    }
}

/// The row of each column that is present; the reference has none.
fn rows(blocks: &[&Block], columns: usize) -> Vec<Option<usize>> {
    let mut next = 0..;
    (0..columns)
        .map(|column| {
            let present = column > 0 && blocks.iter().any(|block| holds(block, column));
            if present { next.next() } else { None }
        })
        .collect()
}

fn normal(blocks: &[&Block], rows: &[Option<usize>], size: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut matrix, mut right) = (vec![0.0; size * size], vec![0.0; size]);
    for block in blocks {
        let cells = block.len() as f64;
        let mean = block.iter().map(|&(_, y)| y).sum::<f64>() / cells;
        for &(column, y) in *block {
            let Some(row) = rows[column] else { continue };
            right[row] += y - mean;
            matrix[row * size + row] += 1.0;
            for other in block.iter().filter_map(|&(column, _)| rows[column]) {
                matrix[row * size + other] -= 1.0 / cells;
            }
        }
    }
    (matrix, right)
}

/// Gauss and Jordan, without a search for pivots: the matrix of connected blocks is positive
/// definite.
pub(crate) fn invert(mut matrix: Vec<f64>, size: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; size * size];
    for row in 0..size {
        inverse[row * size + row] = 1.0;
    }
    for pivot in 0..size {
        let scale = matrix[pivot * size + pivot];
        for column in 0..size {
            matrix[pivot * size + column] /= scale;
            inverse[pivot * size + column] /= scale;
        }
        for row in (0..size).filter(|&row| row != pivot) {
            let factor = matrix[row * size + pivot];
            for column in 0..size {
                matrix[row * size + column] -= factor * matrix[pivot * size + column];
                inverse[row * size + column] -= factor * inverse[pivot * size + column];
            }
        }
    }
    inverse
}

fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    let size = vector.len().max(1);
    let product = |row: &[f64]| row.iter().zip(vector).map(|(a, b)| a * b).sum();
    matrix.chunks(size).map(product).collect()
}

/// The sum of squared residuals, and for each row the sum over blocks of squared influence.
fn residuals(
    blocks: &[&Block],
    rows: &[Option<usize>],
    values: &[f64],
    inverse: &[f64],
) -> (f64, Vec<f64>) {
    let (mut squares, mut influence) = (0.0, vec![0.0; values.len()]);
    for block in blocks {
        let free = |&(column, y): &(usize, f64)| y - rows[column].map_or(0.0, |row| values[row]);
        let mean = block.iter().map(free).sum::<f64>() / block.len() as f64;
        let mut sums = vec![0.0; values.len()];
        for cell in *block {
            let residual = free(cell) - mean;
            squares += residual * residual;
            if let Some(row) = rows[cell.0] {
                sums[row] += residual;
            }
        }
        for (sum, of_block) in influence.iter_mut().zip(times(inverse, &sums)) {
            *sum += of_block * of_block;
        }
    }
    (squares, influence)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole design matrix, with a column for each block, by the textbook's elimination.
    fn brute(blocks: &[Block], columns: usize) -> Vec<f64> {
        let size = blocks.len() + columns - 1;
        let mut system = vec![vec![0.0; size + 1]; size];
        for (number, block) in blocks.iter().enumerate() {
            for &(column, y) in block {
                let mut row = vec![0.0; size + 1];
                row[number] = 1.0;
                row[size] = y;
                if column > 0 {
                    row[blocks.len() + column - 1] = 1.0;
                }
                for i in 0..size {
                    for j in 0..=size {
                        system[i][j] += row[i] * row[j];
                    }
                }
            }
        }
        eliminate(&mut system);
        let solution = |row: usize| system[row][size] / system[row][row];
        (blocks.len()..size).map(solution).collect()
    }

    fn eliminate(system: &mut [Vec<f64>]) {
        for pivot in 0..system.len() {
            let best = (pivot..system.len())
                .max_by(|&a, &b| system[a][pivot].abs().total_cmp(&system[b][pivot].abs()));
            system.swap(pivot, best.unwrap());
            let top = system[pivot].clone();
            for (_, row) in system
                .iter_mut()
                .enumerate()
                .filter(|(row, _)| *row != pivot)
            {
                let factor = row[pivot] / top[pivot];
                row.iter_mut().zip(&top).for_each(|(a, b)| *a -= factor * b);
            }
        }
    }

    #[test]
    fn incomplete_blocks_are_as_brute_force_says() {
        let blocks = vec![
            vec![(0, 1.0), (0, 1.2), (1, 1.5), (2, 2.0), (3, 2.9)],
            vec![(0, 0.7), (1, 1.6), (2, 2.2)],
            vec![(1, 1.1), (2, 2.4), (3, 2.6)],
            vec![(0, 1.3), (0, 1.1), (3, 3.1)],
            vec![(0, 0.2), (2, 1.0), (2, 1.4)],
            vec![(2, 9.0)],
        ];
        let solution = solve(&blocks, 4);
        for (column, expected) in brute(&blocks, 4).into_iter().enumerate() {
            let found = solution.differences[column + 1].unwrap();
            assert!(
                (found.value - expected).abs() < 1e-10,
                "{found:?}, {expected}"
            );
        }
        // 18 observations, 6 blocks, 3 differences.
        assert_eq!(solution.df, 9);
        let direct = |column: usize| solution.differences[column].unwrap().blocks;
        assert_eq!((direct(1), direct(2), direct(3)), (2, 3, 2));
    }

    #[test]
    fn what_is_not_connected_has_no_difference() {
        let apart = vec![vec![(0, 1.0), (1, 2.0)], vec![(2, 1.0), (3, 5.0)]];
        let solution = solve(&apart, 4);
        assert!(solution.differences[1].is_some());
        assert_eq!(solution.differences[2..], [None, None]);
        assert_eq!(solution.df, 0);
        let chained = vec![vec![(0, 1.0), (1, 2.0)], vec![(1, 1.0), (2, 5.0)]];
        let solution = solve(&chained, 3);
        let far = solution.differences[2].unwrap();
        assert!((far.value - 5.0).abs() < 1e-12);
        assert_eq!(far.blocks, 0);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(solve(&[], 3).differences, [None, None, None]);
        assert_eq!(solve(&[vec![(1, 1.0)]], 2).differences, [None, None]);
        assert_eq!(solve(&[], 0), Solution::default());
    }
}
