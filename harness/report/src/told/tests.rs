use super::*;

#[test]
fn a_cell_says_what_became_of_a_field() {
    let told = |offered, correct, stale, missing| {
        text(&FieldScore {
            offered,
            correct,
            stale,
            missing,
            ..FieldScore::default()
        })
    };
    assert_eq!(told(true, 3000, 0, 0), "all 3,000");
    assert_eq!(told(true, 8, 1, 1), "80 %, stale 1, missing 1");
    assert_eq!(told(true, 0, 0, 0), "nothing to judge");
    assert_eq!(told(false, 0, 0, 0), "not offered");
}
