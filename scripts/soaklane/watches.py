"""The watches: `harness watch` of each monitor, read through pipes and sampled while it runs."""

import contextlib
import fcntl
import os
import re
import selectors
import signal
import subprocess
import time
from pathlib import Path

from child import dies_with_us
from soaklane import SoakError
from soaklane.lives import Reported

F_SETPIPE_SZ = 1031
PIPE = 1 << 20
READY_WITHIN = 30
TICK = os.sysconf("SC_CLK_TCK")
LOSS = re.compile(r"(\d+) events (?:lost|not written|not shown) so far")
# Of smaps_rollup, which counts page by page; that of shared memory is only in `status`, and may be some pages off.
MEMORY = {"rss": "Rss", "anon": "Anonymous", "pss_anon": "Pss_Anon", "shm": "RssShmem"}


def memory(pid: int) -> dict:
    """In bytes."""
    lines = [line for file in ("status", "smaps_rollup") for line in Path(f"/proc/{pid}/{file}").read_text().splitlines()]
    found = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    return {key: 1024 * int(found[name][0]) for key, name in MEMORY.items()}


def sample(pid: int) -> dict:
    """Memory, open descriptors and CPU seconds."""
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return {**memory(pid), "descriptors": len(os.listdir(f"/proc/{pid}/fd")), "cpu_s": sum(map(int, times)) / TICK}


class Watch:
    """One of them."""

    def __init__(self, harness: Path, name: str, root: int, lock: int):
        command = [harness, "watch", name, "--format", "json", "--pid", str(root), "--lock-held"]
        # SIGTERM: what it switched on, it puts back. It keeps the lock until it has ended.
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[lock],
                                      stderr=subprocess.PIPE, preexec_fn=dies_with_us(signal.SIGTERM))
        fcntl.fcntl(self.child.stdout, F_SETPIPE_SZ, PIPE)
        self.name, self.reported, self.said, self.samples = name, Reported(root), b"", []

    def messages(self) -> list:
        return self.said.decode(errors="replace").splitlines()

    def told_lost(self) -> int:
        """The largest count of events that it said it did not have or show."""
        return max([int(count) for count in LOSS.findall(self.said.decode(errors="replace"))], default=0)

    def environment(self) -> str:
        """What it wants programs to be started with; empty for most."""
        return next((line for line in self.messages() if "LD_PRELOAD=" in line), "")

    def is_ready(self) -> bool:
        """What it wants programs to be started with comes last."""
        whole = self.said.endswith(b"\n") and (self.name != "preload" or self.environment())
        return bool(whole) and b"watching with" in self.said


class Watches:
    """All, read in one loop."""

    def __init__(self):
        self.all, self.selector = [], selectors.DefaultSelector()

    def start(self, *words):
        watch = Watch(*words)
        self.all.append(watch)
        self.selector.register(watch.child.stdout, selectors.EVENT_READ, watch.reported.take)
        self.selector.register(watch.child.stderr, selectors.EVENT_READ, lambda text: self.heard(watch, text))
        until = time.monotonic() + READY_WITHIN
        while not watch.is_ready():
            self.read(0.1)
            if watch.child.poll() is not None or time.monotonic() > until:
                raise SoakError(f"watch {watch.name} is not ready: {watch.messages()[-1:]}", 3)

    def heard(self, watch: Watch, text: bytes):
        watch.said += text

    def read(self, patience: float) -> bool:
        """What is there now; whether anything was."""
        ready = self.selector.select(patience)
        for key, _ in ready:
            chunk = os.read(key.fd, PIPE)
            key.data(chunk)
            if not chunk:
                self.selector.unregister(key.fileobj)
        return bool(ready)

    def sample(self, at: float, begun: int):
        for watch in self.all:
            # One that ends just now has no more to show.
            with contextlib.suppress(OSError):
                watch.samples.append({"at_s": round(at, 1), "processes": begun, "told_lost": watch.told_lost(),
                                      **sample(watch.child.pid)})

    def end(self, number: int = signal.SIGINT):
        """Each by its pid, and what it still says is read."""
        for watch in self.all:
            if watch.child.poll() is None:
                watch.child.send_signal(number)
        until = time.monotonic() + READY_WITHIN
        while self.selector.get_map() and time.monotonic() < until:
            self.read(0.1)
        for watch in self.all:
            if watch.child.poll() is None and self.selector.get_map():
                watch.child.kill()
            watch.child.wait()
