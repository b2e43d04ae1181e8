//! The probe in the kernel: load, attach, count, detach.

use std::fs;
use std::os::fd::{AsFd, AsRawFd};

use aya::maps::{Map, PerCpuArray};
use aya::programs::{BtfTracePoint, Program, ProgramError};
use aya::{Btf, Ebpf, EbpfLoader};
use contract::{Counters, Result};
use nix::sys::resource::{RLIM_INFINITY, Resource, setrlimit};

use super::links::Links;
use super::requirements;
use super::ring::Ring;

pub(super) static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/probe.bpf.o"));

/// A set of programs that together see the three events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttachMode {
    /// Called by perf, with preemption off.
    Perf,
    /// On BTF tracepoints, of a kernel that tells whether a thread is the last.
    BtfLastThread,
    /// The same, of one that does not.
    BtfAnyThread,
}

impl AttachMode {
    /// Those that may serve on this kernel, the best first.
    pub(super) fn here() -> &'static [Self] {
        let all = &[Self::Perf, Self::BtfLastThread, Self::BtfAnyThread];
        if requirements::preemptible() {
            all
        } else {
            &all[1..]
        }
    }

    /// Programs, where perf has them in folders of its own the folder, and the tracepoint. Exits
    /// first: a process that is seen to begin is then seen to end too.
    const fn programs(self) -> [(&'static str, &'static str, &'static str); 3] {
        let exit = match self {
            Self::Perf => {
                return [
                    ("on_exit_by_perf", "sched", "sched_process_exit"),
                    ("on_exec_by_perf", "sched", "sched_process_exec"),
                    ("on_newtask", "task", "task_newtask"),
                ];
            }
            Self::BtfLastThread => "on_exit_of_last",
            Self::BtfAnyThread => "on_exit_of_any",
        };
        [
            (exit, "", "sched_process_exit"),
            ("on_exec", "", "sched_process_exec"),
            ("on_fork", "", "sched_process_fork"),
        ]
    }
}

/// The order of the probe's counters; the first is a loss.
const COUNTS: [&str; 3] = ["ring_full", "exe_unread", "argv_unread"];

/// While it lives, the kernel keeps the programs; a killed process takes them with it.
pub(super) struct Probe {
    bpf: Ebpf,
    attached: Vec<&'static str>,
    links: Links,
}

impl Probe {
    /// Loads the programs, with a ring of `ring` bytes, and attaches them in the first of `modes`
    /// that this kernel takes.
    pub(super) fn attach(ring: u32, modes: &[AttachMode]) -> Result<(Self, Ring)> {
        if requirements::charged() {
            setrlimit(Resource::RLIMIT_MEMLOCK, RLIM_INFINITY, RLIM_INFINITY).map_err(|why| {
                format!("ebpf: setrlimit(RLIMIT_MEMLOCK): {why}: run with CAP_SYS_RESOURCE or raise `ulimit -l`")
            })?;
        }
        let btf = Btf::from_sys_fs().map_err(|why| said(requirements::BTF, &why))?;
        let bpf = EbpfLoader::new()
            .btf(Some(&btf))
            .map_max_entries("RING", ring)
            .load(OBJECT)
            .map_err(|why| said("loading the BPF object", &why))?;
        let mut probe = Self {
            bpf,
            attached: Vec::new(),
            links: Links::default(),
        };
        let before = Links::now()?;
        probe.start(modes, &btf)?;
        probe.links = Links::now()?.since(&before);
        let Some(Map::RingBuf(map)) = probe.bpf.take_map("RING") else {
            return Err("ebpf: the object has no RING: rebuild it".into());
        };
        let ring = Ring::new(map, usize::try_from(ring)?)?;
        Ok((probe, ring))
    }

    fn start(&mut self, modes: &[AttachMode], btf: &Btf) -> Result<()> {
        let mut refused = Err("ebpf: no mode to attach was named".into());
        for mode in modes {
            refused = self.start_all(*mode, btf);
            if refused.is_ok() {
                break;
            }
            for name in std::mem::take(&mut self.attached) {
                unload(self.program(name)?).map_err(|why| said(name, &why))?;
            }
        }
        refused
    }

    fn start_all(&mut self, mode: AttachMode, btf: &Btf) -> Result<()> {
        for (name, folder, hook) in mode.programs() {
            attach(self.program(name)?, folder, hook, btf).map_err(|why| said(name, &why))?;
            self.attached.push(name);
        }
        Ok(())
    }

    fn program(&mut self, name: &str) -> Result<&mut Program> {
        let program = self.bpf.program_mut(name);
        Ok(program.ok_or_else(|| format!("ebpf: the object has no {name}: rebuild it"))?)
    }

    /// An error when another program has detached one of them.
    pub(super) fn check(&self) -> Result<()> {
        self.links.check()
    }

    /// Detaches the programs and says what they counted. What they put into the ring stays there.
    pub(super) fn detach(&mut self) -> Result<Counters> {
        let mut misses = 0;
        for name in std::mem::take(&mut self.attached) {
            let program = self.program(name)?;
            misses += recursion_misses(name, program)?;
            unload(program).map_err(|why| said(name, &why))?;
        }
        self.counted(misses)
    }

    /// What the programs have counted so far.
    pub(super) fn counters(&mut self) -> Result<Counters> {
        let mut misses = 0;
        for name in self.attached.clone() {
            misses += recursion_misses(name, self.program(name)?)?;
        }
        self.counted(misses)
    }

    fn counted(&self, misses: u64) -> Result<Counters> {
        let mut counters = Counters::default();
        counters
            .reported_lost
            .insert("recursion_misses".into(), misses);
        let map = self
            .bpf
            .map("COUNTS")
            .ok_or("ebpf: the object has no COUNTS: rebuild it")?;
        let counts = PerCpuArray::<_, u64>::try_from(map).map_err(|why| said("COUNTS", &why))?;
        for (index, name) in (0..).zip(COUNTS) {
            let values = counts.get(&index, 0).map_err(|why| said("COUNTS", &why))?;
            let kept = if name == COUNTS[0] {
                &mut counters.reported_lost
            } else {
                &mut counters.notes
            };
            kept.insert(name.into(), values.iter().sum());
        }
        Ok(counters)
    }
}

fn attach(
    program: &mut Program,
    folder: &str,
    hook: &str,
    btf: &Btf,
) -> std::result::Result<(), ProgramError> {
    if let Program::TracePoint(program) = program {
        program.load()?;
        program.attach(folder, hook)?;
        return Ok(());
    }
    let program: &mut BtfTracePoint = program.try_into()?;
    program.load(hook, btf)?;
    program.attach()?;
    Ok(())
}

fn unload(program: &mut Program) -> std::result::Result<(), ProgramError> {
    if let Program::TracePoint(program) = program {
        return program.unload();
    }
    let program: &mut BtfTracePoint = program.try_into()?;
    program.unload()
}

/// How often the kernel would not run the program because it, or by perf any other, was already
/// running on that CPU. Kernels before 5.12 do not tell.
fn recursion_misses(name: &str, program: &Program) -> Result<u64> {
    let fd = program.fd().map_err(|why| said(name, &why))?;
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
