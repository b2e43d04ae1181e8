//! Whether CPUs are emulated, which a guest cannot tell itself.

/// Set by the init of the VM lane to the accelerator of its QEMU.
pub const LANE: &str = "ROLLCALL_VM";
/// The accelerator that emulates.
const EMULATOR: &str = "tcg";

/// Whether this machine's CPUs are emulated: they share a host, and stand still while others run.
pub fn emulated() -> bool {
    std::env::var(LANE).is_ok_and(|accelerator| accelerator == EMULATOR)
}
