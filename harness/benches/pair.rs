//! How long pairing and scoring take, from ten thousand to ten million events, and how much
//! memory they need at most. A straight line is wanted: 3 s and 200 bytes a event at 10^7.
//!
//! `cargo bench -p rollcall --bench pair`; the largest size takes about 2 GB.

#![allow(
    clippy::print_stdout,
    reason = "bytes a event are this benchmark's second result"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};

#[path = "../tests/made/mod.rs"]
mod made;

/// Counts what is allocated, and the most there ever was at once.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: the caller keeps the promises of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Pairs and scores once; the time it took and the bytes a event at the peak, truths and events
/// included.
fn once(events: usize) -> (Duration, f64) {
    let input = made::input(events);
    let held = NOW.load(Relaxed);
    PEAK.store(held, Relaxed);
    let begun = Instant::now();
    let scored = scoring::score(
        &input.run,
        &input.ledger,
        &input.journal,
        &input.claims,
        None,
    );
    let took = begun.elapsed();
    let scored = scored.expect("made input can be scored");
    assert_eq!(scored.cell.events(), events as u64);
    let peak = PEAK.load(Relaxed) as f64 / events as f64;
    (took, peak)
}

fn main() {
    let mut criterion = Criterion::default()
        .configure_from_args()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100));
    let mut group = criterion.benchmark_group("pair_and_score");
    for events in [10_000_usize, 100_000, 1_000_000, 10_000_000] {
        let input = made::input(events);
        group.throughput(Throughput::Elements(events as u64));
        group.measurement_time(Duration::from_secs(1));
        group.bench_function(BenchmarkId::from_parameter(events), |bencher| {
            bencher.iter(|| {
                let made::Input {
                    run,
                    ledger,
                    journal,
                    claims,
                } = &input;
                black_box(scoring::score(run, ledger, journal, claims, None))
            });
        });
    }
    group.finish();
    for events in [10_000, 100_000, 1_000_000, 10_000_000] {
        let (took, peak) = once(events);
        println!(
            "{events:>9} events: {:7.3} s, {peak:5.1} bytes a event at the peak",
            took.as_secs_f64()
        );
        // The smallest size is mostly histograms, whose size does not depend on the input.
        assert!(
            events < 1_000_000 || peak <= 200.0,
            "more than 200 bytes a event"
        );
    }
    criterion.final_summary();
}
