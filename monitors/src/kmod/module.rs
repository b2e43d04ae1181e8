//! The module in the kernel: in, asked, out.

use std::ffi::CString;
use std::fs::{self, File};
use std::path::Path;

use contract::Result;
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::unistd::execve;

use super::requirements::MODULE;

const LOADED: &str = "/sys/module/rollcall";
const SYMBOLS: &str = "/proc/kallsyms";
/// The calls that are hooked, in the module's order.
#[cfg(not(target_arch = "aarch64"))]
const CALLS: [&str; 8] = [
    "__x64_sys_fork",
    "__x64_sys_vfork",
    "__x64_sys_clone",
    "__x64_sys_clone3",
    "__x64_sys_execve",
    "__x64_sys_execveat",
    "__x64_sys_exit",
    "__x64_sys_exit_group",
];
#[cfg(target_arch = "aarch64")]
const CALLS: [&str; 6] = [
    "__arm64_sys_clone",
    "__arm64_sys_clone3",
    "__arm64_sys_execve",
    "__arm64_sys_execveat",
    "__arm64_sys_exit",
    "__arm64_sys_exit_group",
];
/// The table that `hook=table` writes to. Kernels without CONFIG_KALLSYMS_ALL do not name it, as most things that are
/// no code; the module then searches the read-only data before this.
const TABLE: &str = "sys_call_table";
const BEHIND: &str = "_sinittext";

/// The module, as long as it is loaded by us.
pub(super) struct Module;

impl Module {
    /// Loads it with its hooks in place.
    pub(super) fn load(hook: &str, ring: u64) -> Result<Self> {
        let parameters = CString::new(format!("hook={hook} ring={ring}{}", places(hook)?))?;
        let file =
            File::open(MODULE).map_err(|error| format!("{MODULE}: {error}: see harness doctor"))?;
        finit_module(file, &parameters, ModuleInitFlags::empty()).map_err(|errno| {
            format!(
                "finit_module {MODULE} {}: {errno}: see dmesg",
                parameters.to_string_lossy()
            )
        })?;
        Ok(Self)
    }

    /// One of the module's counts.
    pub(super) fn count(&self, name: &str) -> Result<u64> {
        let path = Path::new(LOADED).join("parameters").join(name);
        let text = fs::read_to_string(&path).map_err(|error| {
            format!(
                "{}: {error}: this is not our module; remove it with rmmod rollcall",
                path.display()
            )
        })?;
        Ok(text.trim().parse()?)
    }

    /// Whether a call comes through a hook. The canary is an exec of no path at all: it always fails,
    /// so it is no event.
    pub(super) fn fires(&self) -> Result<bool> {
        let before = self.count("calls")?;
        match execve(c"", &[c"rollcall-canary"], &[c""]) {
            Err(Errno::ENOENT) => Ok(self.count("calls")? > before),
            Err(errno) => Err(format!(
                "execve of no path: {errno} in place of ENOENT: see what else hooks it"
            )
            .into()),
        }
    }

    /// Unloads it; comes back when no call is inside a hook any more.
    pub(super) fn unload(self) -> Result<()> {
        unload()
    }
}

/// Unloads whatever module of this name is there.
pub(super) fn unload() -> Result<()> {
    delete_module(c"rollcall", DeleteModuleFlags::O_NONBLOCK).map_err(|errno| {
        format!("delete_module rollcall: {errno}: end what holds /dev/rollcall open, then rmmod rollcall").into()
    })
}

/// Whether a module of this name is loaded.
pub(super) fn loaded() -> bool {
    Path::new(LOADED).exists()
}

/// The parameters that say where the calls are and, for `hook=table`, the table.
fn places(hook: &str) -> Result<String> {
    let needed = |name: &str, found: Option<u64>| {
        found.ok_or_else(|| {
            format!("{SYMBOLS} has no {name}: use a kernel that scripts/vm has a key for")
        })
    };
    let found = find_symbols(&symbols()?, &[&CALLS[..], &[TABLE, BEHIND]].concat())?;
    let calls = CALLS.iter().zip(&found);
    let calls = calls.map(|(name, &at)| Ok(format!("{:#x}", needed(name, at)?)));
    let calls = calls.collect::<Result<Vec<_>>>()?.join(",");
    let table = match (hook, found[CALLS.len()]) {
        ("table", Some(at)) => format!(" table={at:#x}"),
        ("table", None) => format!(" until={:#x}", needed(BEHIND, found[CALLS.len() + 1])?),
        _ => String::new(),
    };
    Ok(format!(" real={calls}{table}"))
}

/// The address of a kernel symbol; `None` when the kernel has no such symbol.
pub(super) fn address(name: &str) -> Result<Option<u64>> {
    Ok(find_symbols(&symbols()?, &[name])?[0])
}

fn symbols() -> Result<String> {
    fs::read_to_string(SYMBOLS).map_err(|error| format!("{SYMBOLS}: {error}: run as root").into())
}

/// The addresses of the symbols, in one pass: there are over a hundred thousand lines.
fn find_symbols(symbols: &str, names: &[&str]) -> Result<Vec<Option<u64>>> {
    let mut addresses = vec![None; names.len()];
    for line in symbols.lines() {
        let mut words = line.split_whitespace();
        if let (Some(address), Some(_), Some(found), None) =
            (words.next(), words.next(), words.next(), words.next())
            && let Some(at) = names.iter().position(|name| *name == found)
            && addresses[at].is_none()
        {
            addresses[at] = Some(u64::from_str_radix(address, 16)?);
        }
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_of_a_module_is_not_the_kernels() {
        let text = "ffffffff81000000 T _text\nffffffffc0001000 d sys_call_table\t[odd]\n\
                    ffffffff82000300 D sys_call_table\n";
        assert_eq!(
            find_symbols(text, &["x64_sys_call", TABLE, "_text"]).unwrap(),
            [
                None,
                Some(0xffff_ffff_8200_0300),
                Some(0xffff_ffff_8100_0000)
            ]
        );
    }
}
