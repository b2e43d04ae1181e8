use super::*;

/// Values by block; in each the two nulls, then every configuration. They are so far apart that none is like its
/// neighbour, and the textbook's formulas hold.
fn cells(blocks: &[&[f64]]) -> Vec<Observation> {
    let mut cells = Vec::new();
    for (block, values) in (0..).zip(blocks) {
        for (position, &value) in values.iter().enumerate() {
            cells.push(Observation {
                block,
                configuration: position.saturating_sub(1),
                copy: u8::from(position == 1),
                order: 1000 * position as u32,
                value,
                stolen: false,
            });
        }
    }
    cells
}

const BALANCED: [&[f64]; 4] = [
    &[1.00, 1.10, 1.30, 2.00],
    &[1.20, 1.05, 1.20, 2.30],
    &[0.95, 1.00, 1.25, 2.10],
    &[1.10, 1.15, 1.40, 1.90],
];

fn near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-10,
        "{found}, expected {expected}"
    );
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean, and squared standard error of the mean.
fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let (middle, n) = (mean(values), values.len() as f64);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (middle, squares / (n - 1.0) / n)
}

/// Residual variance of complete blocks by the explicit formula, nulls counted twice.
fn residual_variance() -> f64 {
    let y: Vec<Vec<f64>> = BALANCED
        .iter()
        .map(|block| block.iter().map(|value| value.ln()).collect())
        .collect();
    let column = |at: usize| y.iter().map(|block| block[at]).collect::<Vec<_>>();
    let nulls = f64::midpoint(mean(&column(0)), mean(&column(1)));
    let configs = [nulls, nulls, mean(&column(2)), mean(&column(3))];
    let all = mean(&configs);
    let mut squares = 0.0;
    for block in &y {
        for (value, config) in block.iter().zip(configs) {
            squares += (value - mean(block) - config + all).powi(2);
        }
    }
    squares / 10.0
}

#[test]
fn complete_blocks_are_as_explicit_formulae_say() {
    let fit = fit(&cells(&BALANCED), 3, Stopping::Fixed);
    // 16 cells, 4 blocks, 2 differences.
    assert_eq!((fit.blocks, fit.residual_df), (4, 10));
    let common = residual_variance();
    near(fit.residual_sd.unwrap(), common.sqrt());
    for configuration in 1..3 {
        let differences: Vec<f64> = BALANCED
            .iter()
            .map(|of| of[configuration + 1].ln() - f64::midpoint(of[0].ln(), of[1].ln()))
            .collect();
        let (log, own) = mean_and_variance(&differences);
        let found = fit.effects[configuration].unwrap();
        near(found.log, log);
        near(found.variance, (1.5 / 4.0 * common + 3.0 * own) / 4.0);
        near(found.df, 4.0);
        near(found.interval.ratio, log.exp());
        // 2.776 445 is the quantile of four degrees of freedom.
        let reach = (found.interval.high / found.interval.ratio).ln();
        assert!((reach / found.variance.sqrt() - 2.776_445).abs() < 1e-5);
    }
}

#[test]
fn a_null_pair_is_second_against_first() {
    let fit = fit(&cells(&BALANCED), 3, Stopping::Fixed);
    let differences: Vec<f64> = BALANCED.iter().map(|of| (of[1] / of[0]).ln()).collect();
    let pair = fit.null_pair.unwrap();
    near(pair.log, mean_and_variance(&differences).0);
    assert_eq!(pair.blocks, 4);
    assert_eq!(null_pairs([&fit, &fit]), NullPairs { outside: 0, of: 2 });
    let apart = cells(&[&[1.0, 2.0, 1.0], &[1.0, 2.1, 1.1], &[1.0, 1.9, 1.0]]);
    let apart = super::fit(&apart, 2, Stopping::Fixed);
    assert_eq!(null_pairs([&apart, &fit]), NullPairs { outside: 1, of: 2 });
    assert_eq!(null_pairs([&Fit::default()]), NullPairs::default());
}

#[test]
fn one_block_or_none_has_no_interval() {
    let none = fit(&[], 3, Stopping::Fixed);
    assert_eq!(
        (none.blocks, none.residual_sd, none.null_pair),
        (0, None, None)
    );
    assert_eq!(none.effects, [None; 3]);
    let one = fit(&cells(&BALANCED[..1]), 3, Stopping::Fixed);
    assert_eq!((one.blocks, one.residual_df, one.null_pair), (1, 1, None));
    assert_eq!(one.effects, [None; 3]);
    assert_eq!(fit(&[], 0, Stopping::Fixed).effects, []);
    let two = fit(&cells(&BALANCED[..2]), 3, Stopping::Fixed);
    assert!(two.effects[0].is_none() && two.effects[1].is_some() && two.null_pair.is_some());
}

#[test]
fn equal_values_are_no_difference() {
    let fit = fit(
        &cells(&[&[0.3; 4], &[0.7; 4], &[0.1; 4]]),
        3,
        Stopping::Fixed,
    );
    let found = fit.effects[2].unwrap();
    assert!(found.interval.contains(1.0) && found.interval.half_width() < 1e-9);
    assert!(fit.residual_sd.unwrap() < 1e-12);
}

#[test]
fn unusable_cells_are_refused() {
    let sound = cells(&BALANCED);
    let mut all = sound.clone();
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        all.push(Observation { value, ..sound[0] });
    }
    all.push(Observation {
        configuration: 3,
        ..sound[0]
    });
    let found = fit(&all, 3, Stopping::Fixed);
    let expected = fit(&sound, 3, Stopping::Fixed);
    assert_eq!(found.refused, 5);
    assert_eq!(
        Fit {
            refused: 0,
            ..found
        },
        expected
    );
}

#[test]
fn order_and_scale_do_not_matter() {
    let mut cells = cells(&BALANCED);
    let before = fit(&cells, 3, Stopping::Fixed);
    cells.reverse();
    for cell in &mut cells {
        cell.block = 1000 - cell.block;
        cell.value *= 4096.0;
    }
    let after = fit(&cells, 3, Stopping::Fixed);
    for (a, b) in before
        .effects
        .iter()
        .flatten()
        .zip(after.effects.iter().flatten())
    {
        near(a.log, b.log);
        near(a.variance, b.variance);
    }
}

#[test]
fn incomplete_blocks_count_with_what_they_have() {
    let mut cells = cells(&BALANCED);
    // The last block has no null, the third lacks configuration 1.
    cells.retain(|cell| cell.block != 3 || cell.configuration > 0);
    cells.retain(|cell| cell.block != 2 || cell.configuration != 1);
    let fit = fit(&cells, 3, Stopping::Fixed);
    // 13 cells, 4 blocks, 2 differences.
    assert_eq!((fit.blocks, fit.residual_df), (4, 7));
    assert_eq!(fit.cells, [6, 3, 4]);
    let blocks = |of: usize| fit.effects[of].unwrap().blocks;
    assert_eq!((blocks(1), blocks(2)), (2, 3));
}

#[test]
fn stolen_cells_are_left_out_and_counted() {
    let mut cells = cells(&BALANCED);
    cells[2].stolen = true;
    cells[2].value = 50.0;
    let found = fit(&cells, 3, Stopping::Fixed);
    assert_eq!((found.left_out, found.cells[1]), (1, 3));
    assert!(found.effects[1].unwrap().interval.high < 2.0);
}
