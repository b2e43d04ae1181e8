//! The slots in the bytes of a ledger.

use super::slot::{self, HEADER, SLOT, Slot, at};

/// All slots that were claimed. Each is decoded when it is asked for: a second copy of a large
/// ledger would not fit into memory beside the first.
#[derive(Clone, Copy)]
pub(super) struct Slots<'a> {
    slots: &'a [[u8; SLOT]],
    /// What follows them.
    pub(super) rest: &'a [u8],
}

impl<'a> Slots<'a> {
    /// Those in `bytes`. An error says what about them is no ledger, or is cut off.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let u32_at = |offset| {
            let four = bytes
                .get(offset..offset + 4)
                .and_then(|four| four.try_into().ok());
            four.map_or(0, u32::from_le_bytes)
        };
        if bytes.len() < HEADER || bytes[..8] != slot::MAGIC {
            return Err("is not a ledger, or is cut off".into());
        }
        let version = u32_at(at::VERSION);
        if version != slot::VERSION {
            return Err(format!(
                "is of version {version}, expected {}",
                slot::VERSION
            ));
        }
        let (used, slots) = (u32_at(at::USED), u32_at(at::SLOTS));
        if used > slots {
            return Err(format!("{used} slots were claimed of {slots}"));
        }
        let used = used as usize;
        let (all, _) = bytes[HEADER..].as_chunks::<SLOT>();
        let Some(slots) = all.get(..used) else {
            let has = all.len();
            return Err(format!("is cut off: {used} slots were used, it has {has}"));
        };
        Ok(Self {
            slots,
            rest: &bytes[HEADER + used * SLOT..],
        })
    }

    /// The slot with that number.
    pub(super) fn get(&self, number: usize) -> Option<Slot> {
        self.slots.get(number).map(Slot::decode)
    }

    /// All of them, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = Slot> {
        self.slots.iter().map(Slot::decode)
    }
}
