//! `null`: watches nothing. The baseline of every cost: same process, same cgroup, same readiness
//! probes, no technique.
//!
//! With an option it is a configuration like any other, whose cost is known: `null{copy=1}` costs
//! nothing, `null{burn=0.05}` keeps 5 % of every CPU busy. The one shows how often an interval excludes
//! what is true, the other how often an overhead is found.
//!
//! Hook point: none. Minimum kernel, config, capability: none. The kernel drops nothing because nothing
//! is asked of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::{
    Buffer, Claims, Clock, Counters, Decode, EventLog, Frame, Malformed, Monitor, OptionKind,
    OptionSpec, Options, Privilege, Result, Session, Unavailable,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::common::clock;
use crate::common::hotplug::{Change, Hotplug};

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "copy",
        default: "0",
        kind: OptionKind::Size,
        about: "a number that makes it a configuration of its own, beside the baseline",
    },
    OptionSpec {
        name: "burn",
        default: "0",
        kind: OptionKind::Share,
        about: "share of every CPU that it keeps busy",
    },
];
/// The busy part comes once in so long: often in the shortest cell, and longer than a tick.
const PERIOD: Duration = Duration::from_millis(10);

pub(crate) struct Null;

impl Monitor for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn about(&self) -> &'static str {
        "watches nothing: the baseline of every cost"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn usual(&self) -> bool {
        false
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
        let share = session.options.share("burn");
        let over = AtomicBool::new(false);
        let mut hotplug = (share > 0.0).then(Hotplug::listen).transpose()?;
        std::thread::scope(|scope| {
            if share > 0.0 {
                for cpu in own_cpus()? {
                    let over = &over;
                    scope.spawn(move || burn(cpu, share, over));
                }
            }
            let ready = (session.ready)(&[]);
            let mut stop = [PollFd::new(session.stop, PollFlags::POLLIN)];
            while ready.is_ok()
                && let Err(nix::Error::EINTR) = poll(&mut stop, PollTimeout::NONE)
            {}
            // Also when it failed: the scope waits for those that burn.
            over.store(true, Ordering::Relaxed);
            ready?;
            match hotplug.as_mut().map_or(Ok(Vec::new()), Hotplug::all_changes)?[..] {
                [] => Ok(Counters::default()),
                [Change::Online(cpu) | Change::Offline(cpu), ..] => Err(format!(
                    "null{{burn={share}}}: CPU {cpu} came or went, so its share is another: leave the \
                     CPUs as they are"
                )
                .into()),
            }
        })
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(Silence)
    }
}

/// The CPUs that this process may use.
fn own_cpus() -> Result<Vec<usize>> {
    let usable = sched_getaffinity(Pid::from_raw(0))
        .map_err(|why| format!("null: sched_getaffinity: {why}: leave burn= out"))?;
    let all = 0..CpuSet::count();
    Ok(all.filter(|&cpu| usable.is_set(cpu) == Ok(true)).collect())
}

/// Keeps a share of one CPU busy until it is over. Where it cannot be bound to that CPU it burns as much
/// on another.
fn burn(cpu: usize, share: f64, over: &AtomicBool) {
    let mut only = CpuSet::new();
    if only.set(cpu).is_ok() {
        let _ = sched_setaffinity(Pid::from_raw(0), &only);
    }
    let period = PERIOD.as_nanos() as u64;
    let busy = (PERIOD.as_nanos() as f64 * share) as u64;
    let mut begun = clock::now();
    while !over.load(Ordering::Relaxed) {
        while clock::now() < begun + busy {
            std::hint::spin_loop();
        }
        begun += period;
        let left = begun.saturating_sub(clock::now());
        std::thread::sleep(Duration::from_nanos(left));
    }
}

struct Silence;

impl Decode for Silence {
    fn frame(&mut self, _: Frame<'_>, _: &mut EventLog) -> Result<(), Malformed> {
        Err(Malformed("null spools no frames".into()))
    }
}
