//! A figure that is due, and whether the one found is it.

use serde_json::Value;

/// What a report must say at one place. Every place of a report must be due: one that was not
/// planted is a fault as well.
#[derive(Clone, Debug)]
pub(super) enum Due {
    /// This and nothing else.
    Just(Value),
    /// This, but for the rounding of floating point.
    Near(f64),
    /// In nanoseconds, shown in microseconds: between these.
    Between(f64, f64),
    /// An object with exactly these keys.
    Map(Vec<(String, Due)>),
    /// An array.
    List(Vec<Due>),
}

impl Due {
    pub(super) fn null() -> Self {
        Self::Just(Value::Null)
    }

    pub(super) fn just(value: impl Into<Value>) -> Self {
        Self::Just(value.into())
    }

    /// A missing figure is due as null.
    pub(super) fn maybe(due: Option<Due>) -> Self {
        due.unwrap_or_else(Self::null)
    }

    pub(super) fn map<K: ToString>(entries: impl IntoIterator<Item = (K, Due)>) -> Self {
        let entries = entries.into_iter();
        Self::Map(entries.map(|(key, due)| (key.to_string(), due)).collect())
    }

    /// Adds a line to `faults` for every place where `found` is not what is due.
    pub(super) fn check(&self, found: &Value, at: &str, faults: &mut Vec<String>) {
        match (self, found) {
            (Self::Map(due), Value::Object(map)) => {
                for (key, due) in due {
                    let found = map.get(key).unwrap_or(&Value::Null);
                    due.check(found, &format!("{at}.{key}"), faults);
                }
                let unplanned = map
                    .keys()
                    .filter(|key| due.iter().all(|due| due.0 != **key));
                faults.extend(unplanned.map(|key| format!("{at}.{key}: that was not planted")));
            }
            (Self::List(due), Value::Array(list)) if due.len() == list.len() => {
                for (place, (due, found)) in due.iter().zip(list).enumerate() {
                    due.check(found, &format!("{at}.{place}"), faults);
                }
            }
            _ if self.is(found) => {}
            _ => faults.push(format!("{at} is {found}, planted {}", self.text())),
        }
    }

    fn is(&self, found: &Value) -> bool {
        match self {
            Self::Just(due) => due == found,
            Self::Near(due) => found
                .as_f64()
                .is_some_and(|found| (found - due).abs() <= 1e-9 * due.abs().max(1e-6)),
            Self::Between(low, high) => found.as_f64().is_some_and(|found| {
                let (found, slack) = (found * 1000.0, 1e-9 * high.abs() + 1e-6);
                (low - slack..=high + slack).contains(&found)
            }),
            Self::Map(_) | Self::List(_) => false,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Just(due) => due.to_string(),
            Self::Near(due) => due.to_string(),
            Self::Between(low, high) => {
                format!("{} to {} us", low / 1000.0, high / 1000.0)
            }
            Self::Map(due) => format!("{} figures", due.len()),
            Self::List(due) => format!("{} points", due.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_place_is_looked_at() {
        let due = Due::map([
            ("n", Due::just(3)),
            ("x", Due::Near(0.5)),
            ("late", Due::List(vec![Due::Between(1000.0, 2000.0)])),
        ]);
        let faults = |found: Value| {
            let mut faults = Vec::new();
            due.check(&found, "cell", &mut faults);
            faults
        };
        assert_eq!(faults(json!({"n": 3, "x": 0.5, "late": [1.5]})), [""; 0]);
        let found = faults(json!({"n": 4, "x": 0.51, "late": [2.5], "more": 1}));
        assert_eq!(
            found,
            [
                "cell.n is 4, planted 3",
                "cell.x is 0.51, planted 0.5",
                "cell.late.0 is 2.5, planted 1 to 2 us",
                "cell.more: that was not planted",
            ]
        );
        assert_eq!(faults(json!({"n": 3, "x": 0.5, "late": []})).len(), 1);
        assert_eq!(faults(Value::Null).len(), 1);
    }
}
