"""Why a boot gave no result: ours, the emulator's, or the kernel's."""

import re

from . import LaneError
from .qemu import Boot, tail

# What the emulated CPUs have been seen to do to a kernel that is sound.
CRASH = re.compile(r"Kernel panic|Oops|double fault|BUG:|rcu: INFO: rcu_\w+ detected stalls|soft lockup|general protection")
# A dump of a kernel that has had a module from outside its tree: only those that we put there are in the image.
MODULE = re.compile(r"Tainted: .*O")
MEMORY = re.compile(r"Out of memory: Killed process|Out of memory and no killable|System is deadlocked on memory")
NO_ROOT = re.compile(r"VFS: (Unable to mount root fs|Cannot open root device)|Waiting for root device")
TOO_LARGE = re.compile(r"^rollcall-lane: too large (\d+)$", re.M)


def spontaneous(boot: Boot) -> bool:
    """Whether this failure is worth a second try: a crash that our code had no part in. As soon as a
    module is in the kernel every crash is put down to it."""
    if NO_ROOT.search(boot.console) or MEMORY.search(boot.console):
        return False
    crashed = CRASH.search(boot.console) is not None
    if MODULE.search(boot.console):
        return False
    return crashed or (boot.timed_out and not boot.began)


def explain(key: str, boot: Boot, memory: int, limit: int, disk: int) -> LaneError:
    """One line for the cause with the remedy, and the end of the console below it."""
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
        why = "the guest crashed: report it with its console.log"
    elif boot.timed_out:
        why = f"the guest had not finished after {limit} s: give --limit more seconds or scale the workloads down"
    else:
        why = "the guest ended without a result: see its console"
    return LaneError(f"{key}: {why}; its console ended with\n{tail(boot.console)}")
