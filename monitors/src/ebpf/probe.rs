//! The probe in the kernel: load, attach, count, detach.

use std::fs;
use std::os::fd::{AsFd, AsRawFd};

use aya::maps::{MapData, PerCpuArray, RingBuf};
use aya::programs::BtfTracePoint;
use aya::{Btf, Ebpf, EbpfLoader};
use contract::{Counters, Result};
use nix::sys::resource::{RLIM_INFINITY, Resource, setrlimit};

use super::needs;

static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/probe.bpf.o"));

const FORK: (&str, &str) = ("on_fork", "sched_process_fork");
const EXEC: (&str, &str) = ("on_exec", "sched_process_exec");
/// In order of preference: the first needs a kernel that tells whether a thread is the last.
const EXIT: [(&str, &str); 2] = [
    ("on_exit_told", "sched_process_exit"),
    ("on_exit_untold", "sched_process_exit"),
];
/// The order of the probe's counters; the first is a loss.
const COUNTS: [&str; 3] = ["ring_full", "exe_unread", "argv_unread"];

/// While it lives, the kernel keeps the programs; a killed process takes them with it.
pub(super) struct Probe {
    bpf: Ebpf,
    attached: Vec<&'static str>,
}

impl Probe {
    /// Loads the programs, with a ring of `ring` bytes, and attaches them. `told` is whether to
    /// try the exit program for newer kernels first.
    pub(super) fn attach(ring: u32, told: bool) -> Result<(Self, RingBuf<MapData>)> {
        if needs::charged() {
            setrlimit(Resource::RLIMIT_MEMLOCK, RLIM_INFINITY, RLIM_INFINITY).map_err(|why| {
                format!("ebpf: setrlimit(RLIMIT_MEMLOCK): {why}: run with CAP_SYS_RESOURCE or raise `ulimit -l`")
            })?;
        }
        let btf = Btf::from_sys_fs().map_err(|why| said(needs::BTF, &why))?;
        let bpf = EbpfLoader::new()
            .btf(Some(&btf))
            .map_max_entries("RING", ring)
            .load(OBJECT)
            .map_err(|why| said("loading the BPF object", &why))?;
        let mut probe = Self {
            bpf,
            attached: Vec::new(),
        };
        // Exits first: whoever is seen to begin is then seen to end too.
        if !told || probe.start(EXIT[0], &btf).is_err() {
            probe.start(EXIT[1], &btf)?;
        }
        probe.start(EXEC, &btf)?;
        probe.start(FORK, &btf)?;
        let map = probe
            .bpf
            .take_map("RING")
            .ok_or("ebpf: the object has no RING: rebuild it")?;
        let ring = RingBuf::try_from(map).map_err(|why| said("mapping the ring", &why))?;
        Ok((probe, ring))
    }

    fn start(&mut self, (name, hook): (&'static str, &str), btf: &Btf) -> Result<()> {
        let program = self.program(name)?;
        program.load(hook, btf).map_err(|why| said(name, &why))?;
        program.attach().map_err(|why| said(name, &why))?;
        self.attached.push(name);
        Ok(())
    }

    fn program(&mut self, name: &str) -> Result<&mut BtfTracePoint> {
        let program = self.bpf.program_mut(name);
        let program =
            program.ok_or_else(|| format!("ebpf: the object has no {name}: rebuild it"))?;
        program.try_into().map_err(|why| said(name, &why))
    }

    /// Detaches the programs and says what they counted. What they put into the ring stays there.
    pub(super) fn detach(&mut self) -> Result<Counters> {
        let mut misses = 0;
        for name in std::mem::take(&mut self.attached) {
            let program = self.program(name)?;
            misses += recursion_misses(program)?;
            program.unload().map_err(|why| said(name, &why))?;
        }
        self.counted(misses)
    }

    /// What the programs have counted so far.
    pub(super) fn counters(&mut self) -> Result<Counters> {
        let mut misses = 0;
        for name in self.attached.clone() {
            misses += recursion_misses(self.program(name)?)?;
        }
        self.counted(misses)
    }

    fn counted(&self, misses: u64) -> Result<Counters> {
        let mut counters = Counters::default();
        counters.admitted.insert("recursion_misses".into(), misses);
        let map = self
            .bpf
            .map("COUNTS")
            .ok_or("ebpf: the object has no COUNTS: rebuild it")?;
        let counts = PerCpuArray::<_, u64>::try_from(map).map_err(|why| said("COUNTS", &why))?;
        for (index, name) in (0..).zip(COUNTS) {
            let values = counts.get(&index, 0).map_err(|why| said("COUNTS", &why))?;
            let kept = if name == COUNTS[0] {
                &mut counters.admitted
            } else {
                &mut counters.notes
            };
            kept.insert(name.into(), values.iter().sum());
        }
        Ok(counters)
    }
}

/// How often the kernel would not run the program because it was already running on that CPU.
/// Kernels before 5.12 do not tell.
fn recursion_misses(program: &BtfTracePoint) -> Result<u64> {
    let fd = program.fd().map_err(|why| said("recursion_misses", &why))?;
    let path = format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd());
    let text = fs::read_to_string(&path).map_err(|why| said(&path, &why))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("recursion_misses:"));
    Ok(line
        .map(|number| number.trim().parse())
        .transpose()?
        .unwrap_or(0))
}

/// The whole chain of causes in one line: aya keeps errno, and the verifier's reason, below.
fn said(what: &str, error: &(dyn std::error::Error + 'static)) -> contract::Error {
    let mut text = format!("ebpf: {what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{line}: see `harness doctor` for what this kernel lacks").into()
}
