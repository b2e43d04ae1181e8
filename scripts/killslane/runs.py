"""Harnesses that are started and killed."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from child import dies_with_us

GONE_WITHIN = 20


def words(pid) -> list:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def technique(label: str) -> str:
    return label.partition("{")[0]


def monitor_of(run: int):
    """Pid and technique of the child that is `harness monitor`; (0, "") where there is none."""
    with contextlib.suppress(OSError):
        for pid in Path(f"/proc/{run}/task/{run}/children").read_text().split():
            line = words(pid)
            if line[1:2] == ["monitor"]:
                return int(pid), technique(line[2])
    return 0, ""


class Harness:
    """One that was started; whatever comes, it is ended by its pid."""

    def __init__(self, program: Path, *args):
        self.child = subprocess.Popen([program, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, preexec_fn=dies_with_us(signal.SIGTERM))
        self.pid = self.child.pid
        os.set_blocking(self.child.stderr.fileno(), False)
        self.said = ""

    def listen(self) -> str:
        with contextlib.suppress(BlockingIOError, TypeError):
            self.said += (self.child.stderr.read() or b"").decode(errors="replace")
        return self.said

    def lives(self) -> bool:
        self.listen()
        return self.child.poll() is None

    def kill(self):
        self.child.kill()
        self.child.wait()

    def interrupt(self) -> int:
        """Its exit code."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
        code = self.child.wait(60)
        self.listen()
        return code


def within(seconds: float, done, pause: float = 0.02) -> bool:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True


def next_start(program: Path, out: str) -> str:
    """The next harness that touches the machine: with `out` a run into it, else a watch. What is wrong with it."""
    if out:
        run = Harness(program, "run", "-m", "procfs", "-w", "case/end-exit", "--reps", "1", "--out", out)
        ready, code = within(60, lambda: not run.lives()), run.interrupt()
    else:
        run = Harness(program, "watch", "null")
        ready = within(60, lambda: "watching with" in run.listen() or not run.lives())
        code = run.interrupt()
    return "" if ready and code == 0 else f"exit code {code}: {run.said}"
