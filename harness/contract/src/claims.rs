use crate::field::{FIELDS, Field};
use crate::kind::Kind;
use crate::nanos::Nanos;

/// How well a technique's own time can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// CLOCK_MONOTONIC, taken when it happened.
    Exact,
    /// The same, but of an exit it is taken up to so much after the parent was told: the process
    /// is still on its way out when its parent's wait returns.
    ExitsLate(Nanos),
    /// A clock that may read up to so much too early or too late.
    Coarse {
        /// At most so far before the truth.
        early: Nanos,
        /// At most so far after it.
        late: Nanos,
    },
    /// It gives no time; all that is known is when the report was received.
    None,
}

/// How far emulated CPUs let a stamp stray from its event. They share the host's, so one may stand
/// still between an event and its stamp, or come late to the tick that its clock is read from: for
/// 0.95 s between the return of a wait and the stamp of the exit, 0.34 s of a tick, where a guest with
/// two CPUs shared two with five others. Emulated, 32,000 pids take more than ten seconds.
const EMULATED: Nanos = 5_000_000_000;

impl Clock {
    /// The same clock, read on emulated CPUs.
    pub fn emulated(self) -> Self {
        match self {
            Self::ExitsLate(late) => Self::ExitsLate(late.max(EMULATED)),
            Self::Coarse { early, late } => Self::Coarse {
                early: early.max(EMULATED),
                late,
            },
            Self::Exact | Self::None => self,
        }
    }
}

/// What a monitor offers for one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Whether it reports this kind at all.
    pub kind: bool,
    /// Which fields it tells with it, in the order of [`Field::ALL`].
    pub fields: [bool; FIELDS],
}

/// The kinds and fields a monitor offers. What it does not offer is "not offered", never "missed".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// In the order of [`Kind::ALL`].
    pub offers: [Offer; 3],
    /// Its clock.
    pub clock: Clock,
    /// Whether each event tells the effective user of its process.
    pub users: bool,
}

impl Claims {
    /// Offers nothing: where every builder starts, and all that `null` ever says.
    pub const fn none(clock: Clock) -> Self {
        Self {
            offers: [Offer {
                kind: false,
                fields: [false; FIELDS],
            }; 3],
            clock,
            users: false,
        }
    }

    /// Offers `kind` too, with these fields.
    pub const fn with(mut self, kind: Kind, fields: &[Field]) -> Self {
        let offer = &mut self.offers[kind as usize];
        offer.kind = true;
        let mut index = 0;
        while index < fields.len() {
            offer.fields[fields[index] as usize] = true;
            index += 1;
        }
        self
    }

    /// Tells the user of the process with each event.
    pub const fn with_users(mut self) -> Self {
        self.users = true;
        self
    }

    /// Whether `kind` is offered.
    pub const fn kind(&self, kind: Kind) -> bool {
        self.offers[kind as usize].kind
    }

    /// Whether `field` is offered with `kind`.
    pub const fn field(&self, kind: Kind, field: Field) -> bool {
        self.offers[kind as usize].fields[field as usize]
    }
}
