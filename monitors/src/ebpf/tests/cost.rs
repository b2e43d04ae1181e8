//! What the monitor costs, at closed loops: for a look at the machine at hand. The harness measures
//! better; this is for work on the probe and its reader.

use std::path::Path;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

use super::super::Way;
use super::host::{Watch, act, actor, can_run, decode, lock, run};

const PAIRS: usize = 11;

/// `cargo test --release -p rollcall-monitors ebpf::tests::cost -- --ignored --nocapture` as root.
#[test]
#[ignore = "measures for about a minute"]
fn closed_loops() {
    assert!(can_run());
    let dir = tempfile::tempdir().unwrap();
    let actor = actor(dir.path());
    let program = actor.to_str().unwrap();
    let _alone = lock();
    measure("fork", &actor, &["4000"]);
    measure("exec", &actor, &["400", program]);
}

/// CPU time of all that this process waited for. The probe runs on the time of those it watches,
/// and other work on the machine disturbs this less than it does the wall clock.
fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let [user, system] = [usage.user_time(), usage.system_time()].map(|time| {
        Duration::from_micros(time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64)
    });
    user + system
}

/// Pairs of a loop without and with the monitor, the order changing from pair to pair.
fn measure(name: &str, actor: &Path, words: &[&str]) {
    let (mut ratios, mut latency) = (Vec::new(), Vec::new());
    let (mut cpu, mut events) = (0, 0);
    let spent = || {
        let start = children();
        assert_eq!(run(act(actor, "loop").args(words)).status, 0);
        children() - start
    };
    let mut least = [Duration::MAX; 2];
    for pair in 0..PAIRS {
        let mut times = [Duration::ZERO; 2];
        for side in [pair % 2, 1 - pair % 2] {
            let watch = (side == 1).then(|| Watch::start("16M", Way::here()));
            times[side] = spent();
            let Some(watch) = watch else { continue };
            let (spool, counters) = watch.stop();
            let journal = decode(&spool);
            let count: usize = words[0].parse().unwrap();
            assert!(journal.events.len() >= count * 2 && counters.reported_lost["ring_full"] == 0);
            events += journal.events.len() as u64;
            cpu += counters.notes["reader_cpu_ns"];
            let late = journal
                .events
                .iter()
                .map(|event| event.received - event.happened.unwrap().get());
            latency.extend(late);
        }
        least = [least[0].min(times[0]), least[1].min(times[1])];
        ratios.push(times[1].as_secs_f64() / times[0].as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    latency.sort_unstable();
    let late = |part: usize| latency[(latency.len() - 1) * part / 100] / 1000;
    println!(
        "{name}: with/without median {:.3}, quartiles {:.3} to {:.3}; least CPU {:?} without, {:?} with; \
         {} ns reader CPU an event after it was ready; late p50 {} p99 {} max {} us",
        ratios[PAIRS / 2],
        ratios[PAIRS / 4],
        ratios[PAIRS * 3 / 4],
        least[0],
        least[1],
        cpu / events,
        late(50),
        late(99),
        late(100)
    );
}
