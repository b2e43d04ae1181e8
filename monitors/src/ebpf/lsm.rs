//! What `hook=lsm` needs beside what BPF needs: the security module `bpf`. Without it the programs load and attach,
//! and are never called.

use std::error::Error;
use std::fs;

use aya::programs::Lsm;
use aya::{Btf, EbpfLoader};
use contract::{Result, Unavailable};

use super::load::{NoSignals, load_lsm};
use super::probe::OBJECT;
use super::requirements::{BTF, kernel};

/// bpf_get_current_task_btf() came with it. The hooks are of 5.7.
const OLDEST: (u32, u32) = (5, 11);
/// The active modules, where securityfs is mounted.
const LIST: &str = "/sys/kernel/security/lsm";
/// The name that the module has there.
const NAME: &str = "bpf";
/// Its number; see linux/lsm.h.
const ID: u64 = 110;
/// Bytes of the ring of a program that is never attached: a multiple of all pages' sizes.
const RING: u32 = 64 << 10;
/// A function that CONFIG_BPF_LSM brings, as BTF names it.
const HOOK: &[u8] = b"\0bpf_lsm_task_free\0";

/// Everything that is missing.
pub(super) fn missing() -> Option<Unavailable> {
    if kernel() < OLDEST {
        return Some(too_old());
    }
    let inactive = match fs::read_to_string(LIST) {
        Ok(list) => (!names_it(&list)).then(|| inactive(&list)),
        Err(error) => match numbers() {
            Some(all) => (!all.contains(&ID)).then(|| inactive("")),
            None => Some(Unavailable::new(
                format!("{LIST}, which cannot be read ({error})"),
                "mount -t securityfs securityfs /sys/kernel/security",
            )),
        },
    };
    inactive.or_else(refused)
}

/// The smallest of the programs is loaded, and attached to nothing: there are kernels that refuse every program on
/// a trampoline (fentry, LSM) with EPERM, to root with all capabilities that it takes too.
fn refused() -> Option<Unavailable> {
    let why = load().err()?;
    let mut cause: &dyn Error = &*why;
    while let Some(below) = cause.source() {
        cause = below;
    }
    Some(Unavailable::new(
        format!("a kernel that takes BPF programs for LSM hooks (bpf(BPF_PROG_LOAD): {cause})"),
        "use ebpf{hook=tracepoint}, or another kernel",
    ))
}

fn load() -> Result<()> {
    let _none = NoSignals::begin()?;
    let btf = Btf::from_sys_fs()?;
    let mut loader = EbpfLoader::new();
    let loader = loader.btf(Some(&btf)).map_max_entries("RING", RING);
    let mut bpf = loader.load(OBJECT)?;
    let program = bpf.program_mut("on_exit_by_lsm");
    let program: &mut Lsm = program
        .ok_or("the object has no on_exit_by_lsm")?
        .try_into()?;
    Ok(load_lsm(program, "task_free", &btf)?)
}

fn too_old() -> Unavailable {
    let (major, minor) = OLDEST;
    Unavailable::new(
        format!("Linux {major}.{minor} or later"),
        "use ebpf{hook=tracepoint}, or boot a newer kernel",
    )
}

fn names_it(list: &str) -> bool {
    list.trim().split(',').any(|name| name == NAME)
}

/// What is missing where these modules are active, as far as they are known.
fn inactive(list: &str) -> Unavailable {
    let built =
        fs::read(BTF).is_ok_and(|types| types.windows(HOOK.len()).any(|bytes| bytes == HOOK));
    if !built {
        let remedy = "use ebpf{hook=tracepoint}, or a kernel built with it";
        return Unavailable::new("a kernel with CONFIG_BPF_LSM=y", remedy);
    }
    let mut all: Vec<_> = list.trim().split(',').collect();
    // The first is always there, and no list asks for it.
    all.retain(|name| !["", "capability"].contains(name));
    all.push(NAME);
    Unavailable::new(
        "`bpf` among the active security modules",
        format!(
            "boot with lsm={} on the kernel's command line, or use ebpf{{hook=tracepoint}}",
            all.join(",")
        ),
    )
}

/// The numbers of the active modules; `None` before Linux 6.8, which does not tell.
fn numbers() -> Option<Vec<u64>> {
    const LSM_LIST_MODULES: libc::c_long = 461;
    let mut all = vec![0_u64; 64];
    let mut bytes = u32::try_from(size_of_val(&all[..])).ok()?;
    // SAFETY: it writes at most so many bytes to `all`, and how many to `bytes`.
    let count = unsafe { libc::syscall(LSM_LIST_MODULES, all.as_mut_ptr(), &raw mut bytes, 0) };
    all.truncate(usize::try_from(count).ok()?);
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_by_its_whole_name() {
        assert!(names_it("lockdown,capability,landlock,bpf\n"));
        assert!(names_it("bpf"));
        assert!(!names_it("lockdown,capability,bpfilter\n") && !names_it(""));
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_boot() {
        let why = too_old().to_string();
        assert!(why.contains("Linux 5.11 or later"), "{why}");
        let why = inactive("lockdown,capability,yama\n").to_string();
        let config = why.contains("CONFIG_BPF_LSM=y");
        assert!(config || why.contains("lsm=lockdown,yama,bpf "), "{why}");
    }

    /// Two sources of one list: where both tell, they agree.
    #[test]
    fn the_call_tells_what_the_file_tells() {
        if let (Ok(list), Some(numbers)) = (fs::read_to_string(LIST), numbers()) {
            assert_eq!(names_it(&list), numbers.contains(&ID), "{list} {numbers:?}");
        }
    }
}
