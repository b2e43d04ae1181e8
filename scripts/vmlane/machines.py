"""What differs between guests by architecture. Architectures have the distribution's names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """How QEMU makes a machine of one architecture."""
    arch: str
    qemu: str
    # That has it.
    package: str
    kind: str
    # An emulated CPU. Computing a signed pointer as the architecture says takes most of a guest's time.
    cpu: str
    console: str
    # On the kernel's command line. The clock source that 5.10 and 6.1 select by default on emulated x86 CPUs costs a
    # microsecond a reading.
    words: str
    # Of an ELF file, and of its loader.
    machine: int
    loader: str
    # Of the compiler for it.
    triple: str


AMD64 = Machine("amd64", "qemu-system-x86_64", "qemu-system-x86", "pc", "max", "ttyS0", "tsc=reliable clocksource=tsc",
                62, "ld-linux-x86-64.so.2", "x86_64-linux-gnu")
ARM64 = Machine("arm64", "qemu-system-aarch64", "qemu-system-arm", "virt", "max,pauth-impdef=on", "ttyAMA0", "",
                183, "ld-linux-aarch64.so.1", "aarch64-linux-gnu")
MACHINES = {one.arch: one for one in (AMD64, ARM64)}
