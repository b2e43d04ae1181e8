"""Whether KVM runs a guest here: its device may exist and still not run one."""

import hashlib
import os
import shutil
from pathlib import Path

from . import image, qemu, say
from .machines import AMD64
from .packages import cache

PROBE_LIMIT = 20


def proven(kernel, args, work: Path) -> str:
    """`kvm` if a guest boots and powers off under it, else `tcg`. Tried once for each boot of this machine and
    each kernel. Guests of another architecture are emulated."""
    if kernel.machine is not AMD64:
        return "tcg"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    label = hashlib.sha256(f"{boot_id} {kernel.vmlinuz}".encode()).hexdigest()[:16]
    answer = cache() / "kvm" / label
    if not answer.exists():
        answer.parent.mkdir(exist_ok=True)
        answer.write_text("kvm" if probe(kernel, args, work) else "tcg")
    return answer.read_text()


def probe(kernel, args, work: Path) -> bool:
    """Boots an image that does nothing."""
    say(f"{kernel.key}: testing whether KVM runs a guest (at most {PROBE_LIMIT} s)")
    root, disk, out = work / "probe", work / "probe.img", work / "probe.out"
    root.mkdir()
    image.fill(root, [], [], ["true"], {})
    image.build(root, disk, 256)
    shutil.rmtree(root)
    with out.open("wb") as file:
        file.truncate(1 << 20)
    argv = qemu.command(kernel, disk, out, "kvm", args)
    done = qemu.boot(argv, PROBE_LIMIT)
    disk.unlink()
    out.unlink()
    if not done.ended:
        say("KVM does not run a guest here: CPUs are emulated, and times mean nothing")
    return done.ended
