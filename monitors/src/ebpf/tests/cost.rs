//! What each field of an exec costs in the kernel: the time that the kernel itself counts for the program
//! (`run_time_ns` of BPF_ENABLE_STATS), with all fields and without each of them. It takes a minute and
//! a clang: `cargo test -p rollcall-monitors ebpf::tests::cost -- --ignored --nocapture` as root.

use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::process::Command;

use aya::maps::{Map, RingBuf};
use aya::programs::BtfTracePoint;
use aya::{Btf, Ebpf as Loaded, EbpfLoader};

use super::super::{Ebpf, Told};
use crate::test_support::{on_machine_for, skipped};

/// As `enum` in details.bpf.h has them.
const LEFT_OUT: [&str; 10] = [
    "nothing",
    "start_ns",
    "cgroup",
    "uid, gid",
    "auid",
    "session",
    "pid_ns, inner_pid",
    "comm",
    "tty",
    "path",
];
const ROUNDS: usize = 12;
const EXECS: usize = 150;

/// A program that is loaded and not attached, with the time of each round.
struct Variant {
    name: String,
    bpf: Loaded,
    program: &'static str,
    ring: RingBuf<aya::maps::MapData>,
    rounds: Vec<f64>,
}

impl Variant {
    fn load(name: String, object: &Path, program: &'static str) -> Self {
        let btf = Btf::from_sys_fs().unwrap();
        let loader = &mut EbpfLoader::new();
        let loader = loader.btf(Some(&btf)).map_max_entries("RING", 1 << 20);
        let mut bpf = loader.load(&std::fs::read(object).unwrap()).unwrap();
        let hook: &mut BtfTracePoint = bpf.program_mut(program).unwrap().try_into().unwrap();
        hook.load("sched_process_exec", &btf).unwrap();
        let Some(Map::RingBuf(map)) = bpf.take_map("RING") else {
            panic!("the object has no RING");
        };
        let ring = RingBuf::try_from(Map::RingBuf(map)).unwrap();
        let rounds = Vec::new();
        Self {
            name,
            bpf,
            program,
            ring,
            rounds,
        }
    }

    /// Nanoseconds and runs so far.
    fn counted(&self) -> [u64; 2] {
        let fd = self.bpf.program(self.program).unwrap().fd().unwrap();
        let path = format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd());
        let text = std::fs::read_to_string(path).unwrap();
        ["run_time_ns:", "run_cnt:"].map(|name| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().parse().unwrap()
        })
    }

    fn round(&mut self) {
        let program = self.program;
        let hook: &mut BtfTracePoint = self.bpf.program_mut(program).unwrap().try_into().unwrap();
        let link = hook.attach().unwrap();
        let before = self.counted();
        for _ in 0..EXECS {
            assert!(Command::new("/bin/true").status().unwrap().success());
        }
        let after = self.counted();
        let hook: &mut BtfTracePoint = self.bpf.program_mut(program).unwrap().try_into().unwrap();
        hook.detach(link).unwrap();
        let mut records = 0;
        while self.ring.next().is_some() {
            records += 1;
        }
        assert!(records >= EXECS, "{records} records");
        let [time, runs] = [0, 1].map(|at| (after[at] - before[at]) as f64);
        self.rounds.push(time / runs);
    }

    /// Of a round, in nanoseconds: the middle one, because what else runs here only adds.
    fn median(&self) -> f64 {
        let mut rounds = self.rounds.clone();
        rounds.sort_by(f64::total_cmp);
        rounds[rounds.len() / 2]
    }
}

/// The one that the environment names, or that which distributions call by its version.
fn clang() -> Option<String> {
    let there = |name: &String| Command::new(name).arg("--version").output().is_ok();
    let versions = (14..=30).map(|version| format!("clang-{version}"));
    let named = std::env::var("CLANG").ok();
    named
        .into_iter()
        .chain(["clang".to_owned()])
        .chain(versions)
        .find(there)
}

fn compile(left_out: usize, to: &Path) -> bool {
    let Some(clang) = clang() else {
        return false;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/build-bpf");
    let mut command = Command::new(script);
    command
        .arg(to)
        .env("CLANG", clang)
        .env("BPF_FLAGS", format!("-DLEFT_OUT={left_out}"));
    command.status().is_ok_and(|status| status.success())
}

#[test]
#[ignore = "needs root"]
fn what_each_field_costs_is_counted() {
    on_machine_for!(Ebpf);
    let dir = tempfile::tempdir().unwrap();
    if !compile(0, &dir.path().join("0")) {
        return skipped("the cost of fields: install clang, or set CLANG");
    }
    let _counting = aya::sys::enable_stats(aya::sys::Stats::RunTime).unwrap();
    let mut variants = Vec::new();
    for (number, name) in LEFT_OUT.into_iter().enumerate() {
        let object = dir.path().join(number.to_string());
        assert!(compile(number, &object));
        let name = format!("usual without {name}");
        variants.push(Variant::load(name, &object, "on_exec_usual"));
    }
    let whole = dir.path().join("0");
    variants.push(Variant::load(
        format!("{:?}", Told::Base),
        &whole,
        "on_exec",
    ));
    variants.push(Variant::load(
        format!("{:?}", Told::All),
        &whole,
        "on_exec_all",
    ));
    for _ in 0..ROUNDS {
        variants.iter_mut().for_each(Variant::round);
    }
    let usual = variants[0].median();
    for one in &variants {
        let (median, rounds) = (one.median(), ROUNDS * EXECS);
        println!(
            "{:40} {median:7.0} ns, {:+6.0} ns, of {rounds} execs",
            one.name,
            median - usual
        );
    }
    let base = variants[LEFT_OUT.len()].median();
    assert!(
        base > 100.0 && usual < 20.0 * base,
        "base {base} ns, usual {usual} ns"
    );
}
