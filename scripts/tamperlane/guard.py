"""What puts back when nothing else can: a process that waits for the end of this script, whatever it is."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from killslane import runs, state

GROUP = "rollcall-tamper"


def thaw():
    """Frees what an act has put into a group of its own, and removes the groups."""
    for root in state.hierarchies():
        group = root / GROUP
        if not group.is_dir():
            continue
        for name, text in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
            with contextlib.suppress(OSError):
                (group / name).write_text(text)
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                (root / "cgroup.procs").write_text(pid)
        for _ in range(100):
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.02)


def undo(act: Path, kmod: bool = False):
    """Takes away the one rule that no watch takes away; refused where it is not there. In a guest, switches ftrace on."""
    for name in ("audit-exclude", *(["kmod-ftrace-off"] if kmod else [])):
        subprocess.run([act, name, "0", "undo"], capture_output=True, check=False)


def put_back(harness: Path, act: Path, pid: int) -> str:
    """Everything, with the watch ended first; what is wrong with the next start of the harness."""
    thaw()
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGTERM)
        # It may be a child of a process that is gone.
        if not runs.within(10, lambda: not Path(f"/proc/{pid}/exe").exists() or gone(pid)):
            os.kill(pid, signal.SIGKILL)
    undo(act)
    return runs.next_start(harness, "")


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


class Guard:
    """A child that lives in a session of its own until this process ends; then it puts back."""

    def __init__(self, harness: Path, act: Path):
        reader, self.writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self.wait(reader, self.writer, harness, act)
        os.close(reader)

    @staticmethod
    def wait(reader: int, writer: int, harness: Path, act: Path):
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.close(writer)
        last = 0
        with os.fdopen(reader) as lines:
            for line in lines:
                last = int(line)
        # -1: the script has put back itself, and has its folder still.
        wrong = ""
        if last >= 0:
            wrong = put_back(harness, act, last)
            shutil.rmtree(act.parent, ignore_errors=True)
        os._exit(int(bool(wrong)))

    def watch(self, pid: int):
        """The watch that is to be ended; 0 for none."""
        os.write(self.writer, f"{pid}\n".encode())

    def end(self, put_back: bool):
        """Puts back now, where that was not done; returns when it is."""
        if not put_back:
            self.watch(-1)
        os.close(self.writer)
        os.waitpid(self.pid, 0)
