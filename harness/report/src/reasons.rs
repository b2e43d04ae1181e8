//! Why something cannot run here, as a reader takes it in at once.

/// Reasons "needs A: do R", those with one remedy in a row as "needs A and B: do R".
pub(crate) fn together(reasons: &[String]) -> String {
    let mut all: Vec<(String, &str)> = Vec::new();
    for reason in reasons {
        let (lack, remedy) = reason.split_once(": ").unwrap_or((reason, ""));
        match (all.last_mut(), lack.strip_prefix("needs ")) {
            (Some(last), Some(lack)) if last.1 == remedy => last.0 += &format!(" and {lack}"),
            _ => all.push((lack.to_owned(), remedy)),
        }
    }
    let each = all.iter().map(|(lack, remedy)| match *remedy {
        "" => lack.clone(),
        remedy => format!("{lack}: {remedy}"),
    });
    each.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn reasons_with_one_remedy_are_one() {
        let told = |reasons: &[&str]| {
            together(&reasons.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(
            told(&["needs a: do x", "needs b: do x"]),
            "needs a and b: do x"
        );
        assert_eq!(
            told(&["needs a: do x", "needs b: do y"]),
            "needs a: do x; needs b: do y"
        );
        assert_eq!(
            told(&["all of it", "needs b: do y"]),
            "all of it; needs b: do y"
        );
    }
}
