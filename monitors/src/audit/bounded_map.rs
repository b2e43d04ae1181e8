//! A map that forgets: whatever bytes a spool holds, it stays bounded.

use foldhash::{HashMap, HashMapExt};

/// Two generations. When the young one is full the old one is forgotten; an entry that is asked for is
/// young again. At most twice `room` entries.
#[derive(Debug)]
pub(super) struct BoundedMap<V> {
    young: HashMap<u32, V>,
    old: HashMap<u32, V>,
    room: usize,
}

impl<V> BoundedMap<V> {
    pub(super) fn new(room: usize) -> Self {
        let (young, old) = (HashMap::new(), HashMap::new());
        Self { young, old, room }
    }

    pub(super) fn get(&mut self, key: u32) -> Option<&mut V> {
        if let Some(value) = self.old.remove(&key) {
            self.insert(key, value);
        }
        self.young.get_mut(&key)
    }

    /// The value at `key`, which is `value` if there was none.
    pub(super) fn get_or(&mut self, key: u32, value: V) -> &mut V {
        let value = self.old.remove(&key).unwrap_or(value);
        if self.young.len() >= self.room && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.entry(key).or_insert(value)
    }

    pub(super) fn insert(&mut self, key: u32, value: V) {
        if self.young.len() >= self.room && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: u32) -> Option<V> {
        let old = self.old.remove(&key);
        self.young.remove(&key).or(old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_asked_for_are_forgotten() {
        let mut recent = BoundedMap::new(2);
        for key in 0..4 {
            recent.insert(key, key);
            assert_eq!(recent.get(0).copied(), Some(0));
        }
        assert_eq!(recent.get(1), None);
        assert_eq!((recent.remove(0), recent.get(0)), (Some(0), None));
        assert!(recent.young.len() + recent.old.len() <= 4);
    }
}
