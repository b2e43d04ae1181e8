use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use contract::{Field, Kind};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// What a table may have a column for.
pub trait Key: Copy + Ord + 'static {
    /// All, in the order of every table.
    const EVERY: &'static [Self];
    /// The word used in every format.
    fn word(self) -> &'static str;
}

impl Key for Kind {
    const EVERY: &'static [Self] = &Kind::ALL;
    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Key for Field {
    const EVERY: &'static [Self] = &Field::ALL;
    fn word(self) -> &'static str {
        self.as_str()
    }
}

/// Something for each kind or field, written as an object whose keys are their words. The contract
/// knows nothing of serde, hence this.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyed<K: Ord, T>(pub BTreeMap<K, T>);

impl<K: Ord, T> Default for Keyed<K, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Key, T> Keyed<K, T> {
    /// One for each key.
    pub fn each(make: impl FnMut(K) -> T) -> Self {
        let mut make = make;
        Self(K::EVERY.iter().map(|&key| (key, make(key))).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one for `key`; `None` in a cell that was not measured.
    pub fn get(&self, key: K) -> Option<&T> {
        self.0.get(&key)
    }
}

impl<K: Key, T: Serialize> Serialize for Keyed<K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key.word(), value)?;
        }
        map.end()
    }
}

impl<'de, K: Key, T: Deserialize<'de>> Deserialize<'de> for Keyed<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Words(PhantomData))
    }
}

struct Words<K, T>(PhantomData<(K, T)>);

impl<'de, K: Key, T: Deserialize<'de>> Visitor<'de> for Words<K, T> {
    type Value = Keyed<K, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = K::EVERY.iter().map(|key| key.word()).collect();
        write!(f, "an object with the keys {}", words.join(", "))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = BTreeMap::new();
        while let Some(word) = map.next_key::<String>()? {
            let key = K::EVERY.iter().find(|key| key.word() == word);
            let key = key.ok_or_else(|| de::Error::unknown_field(&word, &[]))?;
            found.insert(*key, map.next_value()?);
        }
        Ok(Keyed(found))
    }
}
