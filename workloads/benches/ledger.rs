//! What the ledger costs the workload.
//!
//! Pairs of runs, one with stamps and one without that does the same work otherwise; the order changes
//! from pair to pair. It prints the median of the pairs' ratios of wall time and of CPU time, with a
//! bootstrap interval of 95 %.
//!
//! `cargo bench -p rollcall-workloads --bench ledger [-- PAIRS [NAME]]`, over the workloads of the
//! default comparison.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may panic"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use workloads::{Definition, Run};

const NOBODY: u32 = 65534;

fn main() {
    // `cargo test --benches` runs it without this flag.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let mut words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let pairs = words.next().map_or(15, |word| word.parse().unwrap());
    let wanted = words.next().unwrap_or_default();
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    workloads::install(&dir.path().join("programs")).unwrap();
    let [ratio, cpu] = ["wall: ratio (95 %)", "CPU time: ratio (95 %)"];
    let [name, seconds, rate] = ["workload", "seconds", "events/s"];
    println!("{name:<30} {seconds:>8} {rate:>10}   {ratio:<26}   {cpu}");
    for definition in workloads::definitions().unwrap() {
        // Cases are no load.
        let wanted = definition.headline && definition.name.contains(&wanted);
        if wanted && definition.unavailable().is_none() {
            measure(&definition, dir.path(), pairs);
        }
    }
}

fn measure(definition: &Definition, dir: &Path, pairs: usize) {
    once(definition, dir, true);
    let (mut stamped, mut unstamped) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        let first = pair % 2 == 0;
        for stamping in [first, !first] {
            let took = once(definition, dir, stamping);
            if stamping {
                &mut stamped
            } else {
                &mut unstamped
            }
            .push(took);
        }
    }
    let script = definition.script(1.0, &dir.join("programs")).unwrap();
    let events = script.expected.total() as f64;
    let wall = compare(&stamped, &unstamped, |took| took.wall);
    let cpu = compare(&stamped, &unstamped, |took| took.cpu);
    let seconds = median(&mut unstamped.iter().map(|took| took.wall).collect::<Vec<_>>());
    let (name, rate) = (&definition.name, events / seconds);
    println!("{name:<30} {seconds:>8.3} {rate:>10.0}   {wall}   {cpu}");
}

/// Seconds that one run took.
struct Took {
    wall: f64,
    /// CPU time of all its processes together, which hardly depends on the machine's other load.
    cpu: f64,
}

fn compare(stamped: &[Took], unstamped: &[Took], of: fn(&Took) -> f64) -> String {
    let pairs = stamped.iter().zip(unstamped);
    let mut ratios: Vec<_> = pairs
        .map(|(with, without)| of(with) / of(without))
        .collect();
    let (low, high) = bootstrap(&ratios);
    format!("{:.4} ({low:.4} to {high:.4})", median(&mut ratios))
}

fn once(definition: &Definition, dir: &Path, stamping: bool) -> Took {
    let script = definition.script(1.0, &dir.join("programs")).unwrap();
    workloads::prepare(dir, &script, "bench").unwrap();
    let run = Run {
        cell: dir,
        env: &[],
        user: nix::unistd::geteuid().is_root().then_some((NOBODY, NOBODY)),
        limit: Duration::from_secs(120),
        stamping,
    };
    let before = cpu_of_children();
    let wall = workloads::run(&run).unwrap().wall_ns as f64 / 1e9;
    let cpu = cpu_of_children() - before;
    Took { wall, cpu }
}

fn cpu_of_children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let both = [usage.user_time(), usage.system_time()];
    both.iter()
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6)
        .sum()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        (values[middle - 1] + values[middle]) / 2.0
    }
}

/// The 95 % interval of the median, from 10,000 samples of the same size.
fn bootstrap(ratios: &[f64]) -> (f64, f64) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % ratios.len() as u64) as usize
    };
    let mut medians: Vec<f64> = (0..10_000)
        .map(|_| median(&mut ratios.iter().map(|_| ratios[next()]).collect::<Vec<_>>()))
        .collect();
    medians.sort_by(f64::total_cmp);
    (medians[249], medians[9_749])
}
