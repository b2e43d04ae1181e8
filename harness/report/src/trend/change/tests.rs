use super::*;
use rand::RngExt;

/// Near to normal, with a spread of 1: twelve uniform numbers.
fn normal(random: &mut impl Rng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

/// A page of `figures` over `records`, in which each record shifts all its figures a little, as a machine does.
fn page(figures: usize, records: usize, random: &mut impl Rng) -> Vec<Vec<Option<f64>>> {
    let shared: Vec<f64> = (0..records).map(|_| normal(random)).collect();
    let series = |_| {
        shared
            .iter()
            .map(|common| Some(common * 0.5 + normal(random)))
            .collect()
    };
    (0..figures).map(series).collect()
}

fn marked(found: &[Vec<Change>]) -> usize {
    found.iter().filter(|one| !one.is_empty()).count()
}

#[test]
fn a_page_without_a_change_marks_one_in_twenty_at_most() {
    let mut random = StdRng::seed_from_u64(1);
    for (figures, records) in [(1, 10), (8, 10), (8, 16)] {
        const PAGES: usize = 200;
        let alarms = (0..PAGES as u64)
            .filter(|&seed| marked(&changes(&page(figures, records, &mut random), seed)) > 0);
        let alarms = alarms.count();
        // 10 are expected of 200; more than 22 in one of three thousand, fewer than 2 in one of two thousand.
        assert!(
            (2..=22).contains(&alarms),
            "{alarms} of {PAGES} pages of {figures} figures over {records} records"
        );
    }
}

#[test]
fn a_change_is_found_where_it_is_and_in_its_series_alone() {
    let mut random = StdRng::seed_from_u64(2);
    const PAGES: usize = 100;
    let (mut found, mut near, mut others) = (0, 0, 0);
    for seed in 0..PAGES as u64 {
        let mut all = page(12, 20, &mut random);
        all[3][12..]
            .iter_mut()
            .for_each(|value| *value = value.map(|value| value + 4.0));
        let marks = changes(&all, seed);
        found += usize::from(!marks[3].is_empty());
        near += usize::from(marks[3].iter().any(|one| one.at.abs_diff(12) <= 1));
        others += marked(&marks) - usize::from(!marks[3].is_empty());
    }
    assert!(
        found >= 95 && near >= 90,
        "found in {found}, near in {near} of {PAGES}"
    );
    assert!(
        others <= 12,
        "{others} other series marked on {PAGES} pages"
    );
}

#[test]
fn two_changes_are_two() {
    let mut random = StdRng::seed_from_u64(3);
    let value = |at: usize| if (10..20).contains(&at) { 20.0 } else { 0.0 };
    let series: Vec<_> = (0..30)
        .map(|at| Some(value(at) + normal(&mut random)))
        .collect();
    let found = changes(&[series], 1);
    let places: Vec<_> = found[0].iter().map(|one| one.at).collect();
    assert_eq!(places, [10, 20]);
}

#[test]
fn what_loses_nothing_and_then_some_is_marked() {
    let loss = |lost: usize| {
        (0..12)
            .map(|at| Some(if at < lost { 0.0 } else { 0.1 }))
            .collect::<Vec<_>>()
    };
    assert_eq!(changes(&[loss(6)], 1)[0][0].at, 6);
    // What never changes is no change, nor is one value at the end.
    assert!(changes(&[loss(12)], 1)[0].is_empty() && changes(&[loss(11)], 1)[0].is_empty());
}

#[test]
fn what_is_not_known_is_passed_over_and_few_values_tell_nothing() {
    let mut series: Vec<_> = (0..16)
        .map(|at| Some(if at < 8 { 1.0 } else { 9.0 } + f64::from(at % 3) / 10.0))
        .collect();
    series[2] = None;
    series[11] = None;
    assert_eq!(changes(std::slice::from_ref(&series), 1)[0][0].at, 8);
    assert!(changes(&[series[5..12].to_vec()], 1)[0].is_empty());
    assert!(changes(&[], 1).is_empty());
}
