"""The state of the machine, as far as a monitor changes it."""

import os
import subprocess
import tempfile
from pathlib import Path

from killslane import kernel

RUN = Path("/run/rollcall")
PREFIX = "rollcall"
TRACEFS = "set_event tracing_on current_tracer uprobe_events kprobe_events"


def named(folder: Path) -> set:
    """What there has a name of ours; the lock is for ever."""
    found = folder.iterdir() if folder.is_dir() else ()
    ours = (path for path in found if path.name.startswith(PREFIX) or path.parent == RUN)
    return {str(path) for path in ours if path != RUN / "lock"}


def hierarchies() -> list:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [Path(words[1]) for words in map(str.split, lines) if words[2].startswith("cgroup")]


def files() -> frozenset:
    """Files, folders and control groups."""
    folders = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), RUN, *hierarchies()]
    return frozenset(path for folder in folders for path in named(folder) if path != str(RUN))


def descriptors(pid: str) -> int:
    """Perf events that a process has open."""
    count = 0
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            count += os.readlink(f"/proc/{pid}/fd/{name}") == "anon_inode:[perf_event]"
    except OSError:
        # It ended.
        pass
    return count


def perf_events(without: int = 0) -> int:
    """Perf events that are open, but for those of one process."""
    return sum(descriptors(pid) for pid in os.listdir("/proc") if pid.isdigit() and pid != str(without))


def tracefs() -> str:
    """The settings of tracefs, mounted where nothing else sees it."""
    script = f"mount -t tracefs none /sys/kernel/tracing && cd /sys/kernel/tracing && cat {TRACEFS}; ls instances"
    return subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False).stdout


def in_a_cell(run: int) -> dict:
    """What would tax a cell; quickly. Of BPF its links: a program without one never runs, and goes a little later."""
    return {"audit": kernel.audit(), "connector": kernel.connector(), "bpf": kernel.bpf_ids("links"),
            "perf_events": perf_events(run), "listeners": kernel.listeners(Path("/proc/net/netlink").read_text())}


def whole() -> dict:
    """Everything."""
    RUN.mkdir(mode=0o755, exist_ok=True)
    return {**in_a_cell(0), "programs": kernel.bpf_ids("programs"), "files": files(), "tracefs": tracefs(),
            "accounting": kernel.accounting(RUN)}


def differences(before: dict, now: dict, may_differ=frozenset()) -> dict:
    """What is not as before, by its name."""
    changed = {name: (before[name], now[name]) for name in before if before[name] != now[name]}
    return {name: difference(*pair) for name, pair in changed.items() if name not in may_differ}


def difference(before, now) -> str:
    if isinstance(before, (frozenset, tuple)):
        more, less = sorted(map(str, set(now) - set(before))), sorted(map(str, set(before) - set(now)))
        return " ".join([*(f"+{one}" for one in more), *(f"-{one}" for one in less)])
    return f"{before!r} became {now!r}"


def ours(harness: Path, run: int) -> list:
    """Living processes of this copy of the harness, and of the workloads of a run."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            exe = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
        except OSError:
            continue
        if exe == str(harness) or f"/{PREFIX}-programs-{run}-" in exe:
            found.append(int(pid))
    return found
