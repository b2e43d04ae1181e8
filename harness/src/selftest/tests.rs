//! The fault injector examined: a report that is wrong anywhere is found out.

use serde_json::json;

use super::*;

/// Every place in `value` with what stands there made wrong, one at a time.
fn spoilt(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, inner)| {
                let put = |(at, inner)| {
                    let mut map = map.clone();
                    map.insert(key.clone(), inner);
                    (format!(".{key}{at}"), Value::Object(map))
                };
                spoilt(inner).into_iter().map(put).collect::<Vec<_>>()
            })
            .collect(),
        Value::Array(list) => (0..list.len())
            .flat_map(|place| {
                let put = |(at, inner)| {
                    let mut list = list.clone();
                    list[place] = inner;
                    (format!(".{place}{at}"), Value::Array(list))
                };
                spoilt(&list[place])
                    .into_iter()
                    .map(put)
                    .collect::<Vec<_>>()
            })
            .collect(),
        Value::Number(n) => {
            let more = match n.as_u64() {
                Some(n) => json!(n + n / 20 + 1),
                None => json!(n.as_f64().unwrap() * 1.05 + 0.1),
            };
            vec![(String::new(), more)]
        }
        Value::Bool(is) => vec![(String::new(), json!(!is))],
        Value::String(text) => vec![(String::new(), json!(format!("{text}?")))],
        Value::Null => vec![(String::new(), json!(1))],
    }
}

#[test]
fn a_wrong_figure_anywhere_is_found() {
    let sources: Vec<_> = made()
        .into_iter()
        .filter(|one| one.name == "made/paced")
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let cases = examine(&sources, dir.path(), 3).unwrap();
    let faults = cases
        .iter()
        .flat_map(|case| case.faults.iter().map(|fault| (&case.name, fault)));
    assert_eq!(faults.collect::<Vec<_>>(), []);
    let summary: Value = scoring::record::read_json(&dir.path().join("summary.json")).unwrap();
    let plantings = plantings(&sources, 3).unwrap();
    let planting = plantings.last().unwrap();
    assert!(
        planting.configuration.contains("heavy"),
        "{}",
        planting.configuration
    );
    let verdict = |summary: &Value| {
        let costs = costs_of(&plantings, planting.source);
        judge(planting, &sources[0], (base(0), costs), summary).faults
    };
    assert_eq!(verdict(&summary), [""; 0]);
    let mut places = 0;
    for rows in ["cells", "comparison"] {
        let all = summary[rows].as_array().unwrap();
        let ours = all
            .iter()
            .position(|row| row["configuration"] == planting.configuration);
        let place = ours.unwrap();
        for (at, wrong) in spoilt(&all[place]) {
            let mut summary = summary.clone();
            summary[rows][place] = wrong;
            assert!(!verdict(&summary).is_empty(), "{rows}{at} may be anything");
            places += 1;
        }
    }
    assert!(places > 150, "only {places} figures");
}
