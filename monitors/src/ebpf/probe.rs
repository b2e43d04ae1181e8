//! The probe in the kernel: load, attach, count, detach.

use aya::maps::Map;
use aya::programs::Program;
use aya::{Btf, Ebpf, EbpfLoader};
use contract::{Counters, Field, Options, Result};
use nix::sys::resource::{RLIM_INFINITY, Resource, setrlimit};

use super::chain_of_causes::said;
use super::links::Links;
use super::load::{NoSignals, attach, unload};
use super::loss_counters::{self, recursion_misses};
use super::requirements;
use super::ring::Ring;

pub(super) static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/probe.bpf.o"));

/// As many as lsm.bpf.h takes.
const SLOTS: u32 = 4;

/// A program, where perf has them in folders of its own the folder, and its tracepoint or LSM hook.
type Hooked = (&'static str, &'static str, &'static str);

/// A set of programs that together see the three events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttachMode {
    /// Called by perf, with preemption off.
    Perf,
    /// On BTF tracepoints, of a kernel that tells whether a thread is the last.
    BtfLastThread,
    /// The same, of one that does not.
    BtfAnyThread,
    /// Exec and exit on LSM hooks, fork called by perf.
    LsmAndPerf,
    /// The same, fork on its BTF tracepoint.
    LsmAndBtf,
}

impl AttachMode {
    /// Those that may serve on this kernel as the option `hook` says, the best first.
    pub(super) fn here(options: &Options) -> &'static [Self] {
        let all: &[Self] = match on_lsm(options) {
            true => &[Self::LsmAndPerf, Self::LsmAndBtf],
            false => &[Self::Perf, Self::BtfLastThread, Self::BtfAnyThread],
        };
        if requirements::preemptible() {
            all
        } else {
            &all[1..]
        }
    }

    /// How many execs of one CPU may be in the making at once. On a tracepoint the second is passed over.
    const fn slots(self) -> u32 {
        if self.is_lsm() { SLOTS } else { 1 }
    }

    /// Whether an exit is told only when the kernel frees its task.
    pub(super) const fn is_lsm(self) -> bool {
        matches!(self, Self::LsmAndPerf | Self::LsmAndBtf)
    }

    /// Exits first: a process that is seen to begin is then seen to end too.
    const fn programs(self, told: Told) -> [Hooked; 3] {
        let [exec, exec_by_perf, exec_by_lsm] = told.programs();
        let fork = match self {
            Self::Perf | Self::LsmAndPerf => ("on_newtask", "task", "task_newtask"),
            _ => ("on_fork", "", "sched_process_fork"),
        };
        let exit = match self {
            Self::Perf => {
                return [
                    ("on_exit_by_perf", "sched", "sched_process_exit"),
                    (exec_by_perf, "sched", "sched_process_exec"),
                    fork,
                ];
            }
            Self::LsmAndPerf | Self::LsmAndBtf => {
                return [
                    ("on_exit_by_lsm", "", "task_free"),
                    (exec_by_lsm, "", "bprm_committed_creds"),
                    fork,
                ];
            }
            Self::BtfLastThread => "on_exit_of_last",
            Self::BtfAnyThread => "on_exit_of_any",
        };
        [
            (exit, "", "sched_process_exit"),
            (exec, "", "sched_process_exec"),
            fork,
        ]
    }
}

/// Whether the option `hook` asks for LSM hooks.
pub(super) fn on_lsm(options: &Options) -> bool {
    options.word("hook") == "lsm"
}

/// How much is told of an exec: each has a program of its own, so the others cost it nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Parent, exe and argv.
    Base,
    /// All fields but the working directory.
    Usual,
    /// All fields.
    All,
}

impl Told {
    /// As the option `fields` says.
    pub(super) fn of(options: &Options) -> Self {
        match options.word("fields") {
            "all" => Self::All,
            "usual" => Self::Usual,
            _ => Self::Base,
        }
    }

    /// What is offered of an exec.
    pub(super) const fn fields(self) -> &'static [Field] {
        use Field::{Argv, Exe, Ppid};
        use Field::{Auid, Cgroup, Comm, Cwd, Euid, Gid, InnerPid, Path, PidNs, Session, StartNs};
        use Field::{Tty, Uid};
        match self {
            Self::Base => &[Exe, Argv, Ppid],
            Self::Usual => &[
                Exe, Argv, Ppid, Path, Comm, Uid, Euid, Gid, Auid, Session, Tty, StartNs, Cgroup,
                PidNs, InnerPid,
            ],
            Self::All => &[
                Exe, Argv, Ppid, Path, Comm, Cwd, Uid, Euid, Gid, Auid, Session, Tty, StartNs,
                Cgroup, PidNs, InnerPid,
            ],
        }
    }

    /// On the BTF tracepoint, by way of perf, and on the LSM hook.
    const fn programs(self) -> [&'static str; 3] {
        match self {
            Self::Base => ["on_exec", "on_exec_by_perf", "on_exec_by_lsm"],
            Self::Usual => [
                "on_exec_usual",
                "on_exec_usual_by_perf",
                "on_exec_usual_by_lsm",
            ],
            Self::All => ["on_exec_all", "on_exec_all_by_perf", "on_exec_all_by_lsm"],
        }
    }
}

/// While it lives, the kernel keeps the programs; a killed process takes them with it.
pub(super) struct Probe {
    bpf: Ebpf,
    attached: Vec<&'static str>,
    links: Links,
}

impl Probe {
    /// Loads the programs, with a ring of `ring` bytes, and attaches them in the first of `modes`
    /// that this kernel takes.
    pub(super) fn attach(ring: u32, modes: &[AttachMode], told: Told) -> Result<(Self, Ring)> {
        if requirements::charged() {
            setrlimit(Resource::RLIMIT_MEMLOCK, RLIM_INFINITY, RLIM_INFINITY).map_err(|why| {
                format!("ebpf: setrlimit(RLIMIT_MEMLOCK): {why}: run with CAP_SYS_RESOURCE or raise `ulimit -l`")
            })?;
        }
        // The feature tests of the loader, too, take what a signal ended for what this kernel lacks.
        let _none = NoSignals::begin()?;
        let btf = Btf::from_sys_fs().map_err(|why| said(requirements::BTF, &why))?;
        let slots = modes.first().map_or(1, |mode| mode.slots());
        let bpf = EbpfLoader::new()
            .btf(Some(&btf))
            .map_max_entries("RING", ring)
            .map_max_entries("SCRATCH", slots)
            .load(OBJECT)
            .map_err(|why| said("loading the BPF object", &why))?;
        let mut probe = Self {
            bpf,
            attached: Vec::new(),
            links: Links::default(),
        };
        let before = Links::now()?;
        probe.start(modes, told, &btf)?;
        probe.links = Links::now()?.since(&before);
        let Some(Map::RingBuf(map)) = probe.bpf.take_map("RING") else {
            return Err("ebpf: the object has no RING: rebuild it".into());
        };
        let ring = Ring::new(map, usize::try_from(ring)?)?;
        Ok((probe, ring))
    }

    fn start(&mut self, modes: &[AttachMode], told: Told, btf: &Btf) -> Result<()> {
        let mut refused = Err("ebpf: no mode to attach was named".into());
        for mode in modes {
            refused = self.start_all(*mode, told, btf);
            if refused.is_ok() {
                break;
            }
            for name in std::mem::take(&mut self.attached) {
                unload(self.program(name)?).map_err(|why| said(name, &why))?;
            }
        }
        refused
    }

    fn start_all(&mut self, mode: AttachMode, told: Told, btf: &Btf) -> Result<()> {
        for (name, folder, hook) in mode.programs(told) {
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

    /// Detaches the programs and says what was counted. What they put into the ring stays there.
    pub(super) fn detach(&mut self) -> Result<Counters> {
        let mut misses = 0;
        for name in std::mem::take(&mut self.attached) {
            let program = self.program(name)?;
            misses += recursion_misses(name, program)?;
            unload(program).map_err(|why| said(name, &why))?;
        }
        loss_counters::read(&self.bpf, misses)
    }

    /// What the programs have counted so far.
    pub(super) fn counters(&mut self) -> Result<Counters> {
        let mut misses = 0;
        for name in self.attached.clone() {
            misses += recursion_misses(name, self.program(name)?)?;
        }
        loss_counters::read(&self.bpf, misses)
    }
}
