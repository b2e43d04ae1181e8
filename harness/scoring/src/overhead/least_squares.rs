//! Least squares for blocks and columns, complete or not, where the noise of neighbouring cells is alike.
//!
//! What disturbs a machine lasts for some seconds, so that two cells of a block are the more alike the
//! nearer they are: [`NEIGHBOURS`]. Each cell therefore counts as the difference from what the one before
//! it lets expect, which leaves noise that is independent:
//!
//! ```text
//! r = NEIGHBOURS ^ (cells from the one before)      z = (y - r y of the one before) / sqrt(1 - r^2)
//! ```
//!
//! The first of a block stands for itself. Columns and the block's level are changed in the same way;
//! then block effects are eliminated: each block adds `A' A - (A' u) (A' u)' / u' u` to the normal
//! equations, with `A` its changed columns and `u` its changed level. The reference column (0) is left out,
//! so each solution is a difference from the reference.

/// How much the noise of two neighbouring cells is alike. On the reference machine the residuals of neighbours
/// correlate by 0.36 to 0.60. Whatever it is in truth, the estimates are unbiased and their variance is
/// taken from the blocks ([`Difference::influence`]); only the width of intervals depends on it.
const NEIGHBOURS: f64 = 0.4;

/// One cell of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placed {
    /// Its column.
    pub(crate) column: usize,
    /// When it was measured: its number in the order of all cells.
    pub(crate) order: u32,
    /// The observation.
    pub(crate) value: f64,
}

/// The cells of one block.
pub(crate) type Block = Vec<Placed>;

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

fn holds(block: &[Placed], column: usize) -> bool {
    block.iter().any(|cell| cell.column == column)
}

/// A cell less what the one before it lets expect.
struct White {
    /// Rows of the normal equations, with what the cell adds to each.
    parts: [(Option<usize>, f64); 2],
    /// How much of the block's level is in it.
    level: f64,
    value: f64,
}

impl White {
    fn rows(&self) -> impl Iterator<Item = (usize, f64)> {
        let parts = self.parts.iter();
        parts.filter_map(|&(row, share)| Some((row?, share)))
    }

    /// The value without what the columns bring.
    fn free(&self, values: &[f64]) -> f64 {
        let brought = self.rows().map(|(row, share)| share * values[row]);
        self.value - brought.sum::<f64>()
    }
}

fn white(block: &[Placed], rows: &[Option<usize>]) -> Vec<White> {
    let mut cells = block.to_vec();
    cells.sort_by_key(|cell| cell.order);
    let before = std::iter::once(None).chain(cells.iter().map(Some));
    let both = cells.iter().zip(before);
    both.map(|(cell, before)| {
        let own = rows[cell.column];
        let Some(before) = before else {
            return White {
                parts: [(own, 1.0), (None, 0.0)],
                level: 1.0,
                value: cell.value,
            };
        };
        let apart = (cell.order - before.order).clamp(1, 100);
        let alike = NEIGHBOURS.powi(apart as i32);
        let scale = (1.0 - alike * alike).sqrt().recip();
        White {
            parts: [(own, scale), (rows[before.column], -alike * scale)],
            level: (1.0 - alike) * scale,
            value: (cell.value - alike * before.value) * scale,
        }
    })
    .collect()
}

/// The block's level in these values of its cells.
fn level(cells: &[White], value: impl Fn(&White) -> f64) -> f64 {
    let squares: f64 = cells.iter().map(|cell| cell.level.powi(2)).sum();
    let sum: f64 = cells.iter().map(|cell| cell.level * value(cell)).sum();
    sum / squares
}

/// The blocks that are connected with the reference, directly or by way of other blocks. The rest
/// says nothing about differences from the reference.
fn connected(blocks: &[Block], columns: usize) -> Vec<&Block> {
    let mut reached: Vec<bool> = (0..columns).map(|column| column == 0).collect();
    let mut count = 0;
    loop {
        let inside = |block: &&Block| block.iter().any(|cell| reached[cell.column]);
        let found: Vec<&Block> = blocks.iter().filter(inside).collect();
        if found.len() == count {
            return found;
        }
        count = found.len();
        for cell in found.into_iter().flatten() {
            reached[cell.column] = true;
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
        let cells = white(block, rows);
        let level_of_values = level(&cells, |cell| cell.value);
        let squares: f64 = cells.iter().map(|cell| cell.level.powi(2)).sum();
        let mut shared = vec![0.0; size];
        for cell in &cells {
            for (row, share) in cell.rows() {
                right[row] += share * (cell.value - cell.level * level_of_values);
                shared[row] += share * cell.level;
                for (other, of_other) in cell.rows() {
                    matrix[row * size + other] += share * of_other;
                }
            }
        }
        for row in (0..size).filter(|&row| shared[row] != 0.0) {
            for other in 0..size {
                matrix[row * size + other] -= shared[row] * shared[other] / squares;
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
        let cells = white(block, rows);
        let level = level(&cells, |cell| cell.free(values));
        let mut sums = vec![0.0; values.len()];
        for cell in &cells {
            let residual = cell.free(values) - cell.level * level;
            squares += residual * residual;
            for (row, share) in cell.rows() {
                sums[row] += share * residual;
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

    /// Cells in the order in which they are named.
    fn block(cells: &[(usize, f64)]) -> Block {
        let placed = |(order, &(column, value)): (u32, &(usize, f64))| Placed {
            column,
            order,
            value,
        };
        (0..).zip(cells).map(placed).collect()
    }

    /// The whole design matrix, with a column for each block, and the whole matrix of correlations, by the
    /// textbook's elimination.
    fn brute(blocks: &[Block], columns: usize) -> Vec<f64> {
        let size = blocks.len() + columns - 1;
        let mut system = vec![vec![0.0; size + 1]; size];
        for (number, block) in blocks.iter().enumerate() {
            let k = block.len();
            let apart = |i: usize, j: usize| block[i].order.abs_diff(block[j].order);
            let alike = (0..k * k).map(|at| NEIGHBOURS.powi(apart(at / k, at % k) as i32));
            let weights = invert(alike.collect(), k);
            let row = |cell: &Placed| {
                let mut row = vec![0.0; size + 1];
                row[number] = 1.0;
                row[size] = cell.value;
                if cell.column > 0 {
                    row[blocks.len() + cell.column - 1] = 1.0;
                }
                row
            };
            for (at, weight) in weights.iter().enumerate() {
                let (one, other) = (row(&block[at / k]), row(&block[at % k]));
                for i in 0..size {
                    for j in 0..=size {
                        system[i][j] += weight * one[i] * other[j];
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
        let mut blocks = vec![
            block(&[(0, 1.0), (1, 1.5), (0, 1.2), (2, 2.0), (3, 2.9)]),
            block(&[(0, 0.7), (1, 1.6), (2, 2.2)]),
            block(&[(1, 1.1), (2, 2.4), (3, 2.6)]),
            block(&[(0, 1.3), (0, 1.1), (3, 3.1)]),
            block(&[(0, 0.2), (2, 1.0), (2, 1.4)]),
            block(&[(2, 9.0)]),
        ];
        // A cell between the first two was lost.
        blocks[1][1].order += 1;
        blocks[1][2].order += 1;
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
        let apart = vec![block(&[(0, 1.0), (1, 2.0)]), block(&[(2, 1.0), (3, 5.0)])];
        let solution = solve(&apart, 4);
        assert!(solution.differences[1].is_some());
        assert_eq!(solution.differences[2..], [None, None]);
        assert_eq!(solution.df, 0);
        let chained = vec![block(&[(0, 1.0), (1, 2.0)]), block(&[(1, 1.0), (2, 5.0)])];
        let solution = solve(&chained, 3);
        let far = solution.differences[2].unwrap();
        assert!((far.value - 5.0).abs() < 1e-12);
        assert_eq!(far.blocks, 0);
    }

    #[test]
    fn a_slow_change_within_a_block_is_taken_off() {
        // The machine becomes slower from cell to cell; the configuration costs nothing.
        let slower = |columns: [usize; 4]| {
            let cells: Vec<_> = (0..4).map(|at| (columns[at], at as f64)).collect();
            block(&cells)
        };
        let found = |columns| solve(&[slower(columns)], 3).differences[1].unwrap().value;
        // Of the mean of both references it is a whole cell and a half away, of its neighbour one.
        assert!(found([0, 0, 1, 2]) < 1.5 && found([0, 0, 1, 2]) > 0.0);
        assert!(found([0, 1, 0, 2]).abs() < 0.1);
        let mixed = [slower([0, 0, 1, 2]).into_iter().rev().collect()];
        assert_eq!(solve(&mixed, 3), solve(&[slower([0, 0, 1, 2])], 3));
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(solve(&[], 3).differences, [None, None, None]);
        assert_eq!(solve(&[block(&[(1, 1.0)])], 2).differences, [None, None]);
        assert_eq!(solve(&[], 0), Solution::default());
    }
}
