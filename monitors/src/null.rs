//! `null`: watches nothing. The baseline of every cost: same process, same cgroup, same readiness
//! probes, no technique.
//!
//! Hook point: none. Minimum kernel, config, capability: none. The kernel drops nothing because nothing
//! is asked of it.

use contract::{
    Buffer, Claims, Clock, Counters, Decode, EventLog, Frame, Malformed, Monitor, Options,
    Privilege, Result, Session, Unavailable,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub(crate) struct Null;

impl Monitor for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn about(&self) -> &'static str {
        "watches nothing: the baseline of every cost"
    }

    fn claims(&self, _: &Options) -> Claims {
        Claims::none(Clock::None)
    }

    fn privilege(&self) -> Privilege {
        Privilege::None
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        Vec::new()
    }

    /// It sees no event.
    fn buffer(&self, _: &Options) -> Buffer {
        Buffer::Unbounded
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        (session.ready)(&[])?;
        let mut stop = [PollFd::new(session.stop, PollFlags::POLLIN)];
        while let Err(nix::Error::EINTR) = poll(&mut stop, PollTimeout::NONE) {}
        Ok(Counters::default())
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(Silence)
    }
}

struct Silence;

impl Decode for Silence {
    fn frame(&mut self, _: Frame<'_>, _: &mut EventLog) -> Result<(), Malformed> {
        Err(Malformed("null spools no frames".into()))
    }
}
