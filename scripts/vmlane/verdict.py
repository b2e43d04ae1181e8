"""Why a boot gave no result: the cause, and whether a second try makes sense."""

import re

from . import LaneError
from .qemu import Boot, tail

# Crashes that emulated CPUs have caused in sound kernels.
CRASH = re.compile(r"Kernel panic|Oops|double fault|BUG:|rcu: INFO: rcu_\w+ detected stalls|soft lockup|general protection")
# The dump of a kernel with an out-of-tree module: the image contains only those that scripts/vm put there.
MODULE = re.compile(r"Tainted: .*O")
MEMORY = re.compile(r"Out of memory: Killed process|Out of memory and no killable|System is deadlocked on memory")
NO_ROOT = re.compile(r"VFS: (Unable to mount root fs|Cannot open root device)|Waiting for root device")
TOO_LARGE = re.compile(r"^rollcall-lane: too large (\d+)$", re.M)


def spontaneous(boot: Boot) -> bool:
    """Whether this failure gets a second try: a crash before any module was loaded. Once a module is in the
    kernel, every crash is attributed to it."""
    if NO_ROOT.search(boot.console) or MEMORY.search(boot.console):
        return False
    crashed = CRASH.search(boot.console) is not None
    if MODULE.search(boot.console):
        return False
    return crashed or (boot.timed_out and not boot.began)


def explain(key: str, boot: Boot, memory: int, limit: int, disk: int) -> LaneError:
    """One line with the cause and the remedy, and the last lines of the console below it."""
    large = TOO_LARGE.search(boot.console)
    refused = re.search(r"^(qemu-system\S+: .*)$", boot.console, re.M)
    if large:
        return LaneError(f"{key}: the result has {int(large[1]) >> 20} MiB and its disk {disk} MiB: "
                         f"give --disk {2 * (int(large[1]) >> 20) + 16}")
    if MEMORY.search(boot.console):
        why = f"the guest ran out of memory: give --memory {2 * memory} or scale the workloads down"
    elif NO_ROOT.search(boot.console):
        why = ("this kernel cannot mount its disk: it needs NVMe and ext4 built in "
               "(CONFIG_BLK_DEV_NVME=y, CONFIG_EXT4_FS=y); use a key of scripts/kernels.toml")
    elif refused:
        why = f"QEMU refused: {refused[1]}"
    elif CRASH.search(boot.console):
        why = "the guest crashed: this is a bug, please report it with its console.log"
    elif boot.timed_out:
        why = f"the guest had not finished after {limit} s: give --limit more seconds or scale the workloads down"
    else:
        why = "the guest ended without a result: see its console"
    return LaneError(f"{key}: {why}; its console ended with\n{tail(boot.console)}")
