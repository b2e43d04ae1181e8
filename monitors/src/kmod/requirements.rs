//! The three locks. A module of ours may only be loaded into a machine that can be thrown away, so
//! that has to be shown three times over: by the processor, by a marker, by the module's own build.

use std::fs;
use std::path::Path;

use caps::{CapSet, Capability};
use contract::Unavailable;
use nix::sys::utsname::uname;

use crate::common::reasons;

/// Where the VM lane puts the module.
pub(super) const MODULE: &str = "/lib/rollcall/rollcall.ko";
/// What the processor says: a hypervisor shows itself in a bit that is never set on bare metal. On arm64 the board
/// says it, whose name is that of no real one.
const PROCESSOR: &str = if cfg!(target_arch = "aarch64") {
    "/proc/device-tree/compatible"
} else {
    "/proc/cpuinfo"
};
/// Made by the VM lane, and by nothing else.
const MARKER: &str = "/lib/rollcall/disposable";
const REMEDY: &str =
    "run it in a disposable machine: scripts/vm run --kernel KEY -- harness run -m kmod";

/// Every lock that is closed, and what else is missing.
pub(super) fn closed(hook: &str) -> Vec<Unavailable> {
    let mut missing = Vec::new();
    if cfg!(not(any(target_arch = "x86_64", target_arch = "aarch64"))) {
        missing.push(Unavailable::new(
            "an x86_64 or arm64 kernel",
            "the hooks know no other calls",
        ));
    }
    match fs::read_to_string(PROCESSOR) {
        Err(error) => missing.push(reasons::unread(PROCESSOR, &error)),
        Ok(text) if shows_hypervisor(&text) => {}
        Ok(_) => missing.push(Unavailable::new("a virtual machine", REMEDY)),
    }
    if !Path::new(MARKER).exists() {
        missing.push(Unavailable::new(format!("the marker {MARKER}"), REMEDY));
    }
    missing.extend(built_for_this_kernel().err());
    if !matches!(
        caps::has_cap(None, CapSet::Effective, Capability::CAP_SYS_MODULE),
        Ok(true)
    ) {
        missing.push(reasons::no_right("CAP_SYS_MODULE", &["SYS_MODULE"]));
    }
    if missing.is_empty() && hook == "ftrace" && !Path::new("/sys/kernel/tracing").exists() {
        missing.push(Unavailable::new(
            "a kernel with CONFIG_DYNAMIC_FTRACE_WITH_REGS=y or CONFIG_DYNAMIC_FTRACE_WITH_ARGS=y",
            "use kmod{hook=table}, or another kernel",
        ));
    }
    missing
}

fn shows_hypervisor(text: &str) -> bool {
    let flags = text.lines().find(|line| line.starts_with("flags"));
    flags.is_some_and(|line| line.split_whitespace().any(|flag| flag == "hypervisor"))
        || text.split('\0').any(|board| board == "linux,dummy-virt")
}

fn built_for_this_kernel() -> Result<(), Unavailable> {
    let Ok(module) = fs::read(MODULE) else {
        return Err(Unavailable::new(format!("the module {MODULE}"), REMEDY));
    };
    let running = uname()
        .map(|name| name.release().to_string_lossy().into_owned())
        .unwrap_or_default();
    match built_for(&module) {
        Some(release) if release == running => Ok(()),
        other => Err(Unavailable::new(
            format!(
                "a module for kernel {running} ({MODULE} is for {})",
                other.as_deref().unwrap_or("none")
            ),
            REMEDY,
        )),
    }
}

/// The release in a module's `vermagic`, its first word.
fn built_for(module: &[u8]) -> Option<String> {
    const KEY: &[u8] = b"\0vermagic=";
    let at = module.windows(KEY.len()).position(|bytes| bytes == KEY)? + KEY.len();
    let value = module[at..].split(|&byte| byte == 0).next()?;
    let release = value.split(|&byte| byte == b' ').next()?;
    Some(String::from_utf8_lossy(release).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_out_of_a_module() {
        let module = b"\x7fELF..license=GPL\0vermagic=6.1.0-56-cloud-amd64 SMP preempt \0name=x\0";
        assert_eq!(built_for(module).as_deref(), Some("6.1.0-56-cloud-amd64"));
        assert_eq!(built_for(b"\x7fELF no such thing"), None);
    }

    #[test]
    fn a_hypervisor_is_a_flag_of_its_own() {
        assert!(shows_hypervisor(
            "processor\t: 0\nflags\t\t: fpu hypervisor lahf_lm\n"
        ));
        assert!(!shows_hypervisor(
            "flags\t\t: fpu hypervisor_not\nbugs\t: hypervisor\n"
        ));
        assert!(shows_hypervisor("linux,dummy-virt\0"));
        assert!(!shows_hypervisor("raspberrypi,4-model-b\0brcm,bcm2711\0"));
    }

    #[test]
    fn without_the_marker_it_stays_locked() {
        if !Path::new(MARKER).exists() {
            let missing = closed("table");
            assert!(
                missing.iter().any(|lock| lock.missing.contains(MARKER)),
                "{missing:?}"
            );
        }
    }
}
