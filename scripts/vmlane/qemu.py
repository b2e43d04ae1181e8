"""One boot: starts QEMU, follows its console, and ends QEMU at a time limit or when this program ends."""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import need
from .image import ROOT

PR_SET_PDEATHSIG = 1
BEGIN, END = "rollcall-lane: begin", "rollcall-lane: end"
# The console shows warnings and crash dumps, not the rest of the kernel's log.
CMDLINE = f"root={ROOT} rootfstype=ext4 rw init=/init loglevel=5 panic=-1 oops=panic net.ifnames=0"


@dataclass
class Boot:
    """How a boot ended."""
    console: str
    seconds: float
    timed_out: bool

    @property
    def began(self) -> bool:
        return BEGIN in self.console

    @property
    def ended(self) -> bool:
        return END in self.console


def command(kernel, image: Path, result: Path, accel: str, args):
    machine = kernel.machine
    qemu = need(machine.qemu, machine.package)
    drives = []
    # The guest's changes to its root are discarded, so that a second try starts from the same state.
    for name, path, more in (("root", image, ",snapshot=on"), ("out", result, "")):
        drives += ["-drive", f"if=none,id={name},file={path},format=raw,cache=unsafe{more}",
                   "-device", f"nvme,drive={name},serial=rollcall-{name}"]
    return [qemu, "-M", machine.kind, "-accel", accel, "-cpu", machine.cpu if accel == "tcg" else "host",
            "-m", f"{args.memory}", "-smp", f"{args.cpus}", "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-serial", "stdio", "-nic", "none", *drives,
            "-kernel", f"{kernel.vmlinuz}",
            "-append", f"{CMDLINE} console={machine.console} {machine.words} {args.append}"]


def dies_with(parent: int):
    """Ends QEMU when this program ends, also when it is killed."""
    libc = ctypes.CDLL(None)

    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    return prepare


def boot(argv, limit: float, show=None) -> Boot:
    """Runs QEMU until the guest powers off or `limit` seconds have passed. `show` gets each line that the command
    in the guest prints."""
    started = time.monotonic()
    # A process group of its own: Ctrl-C reaches this program only, which then ends QEMU.
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             process_group=0, preexec_fn=dies_with(os.getpid()))
    text, timed_out = bytearray(), False
    try:
        timed_out = not follow(child, text, started + limit, show)
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
        child.stdout.close()
    console = text.decode("utf-8", "replace").replace("\r", "")
    return Boot(console, time.monotonic() - started, timed_out)


def follow(child, text: bytearray, until: float, show) -> bool:
    """Reads the console to its end; false if the time limit came first."""
    shown, live = 0, False
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            if not ready.select(left):
                continue
            piece = os.read(child.stdout.fileno(), 1 << 16)
            if not piece:
                return True
            text += piece
            while (end := text.find(b"\n", shown)) >= 0:
                line = text[shown:end].decode("utf-8", "replace").strip("\r")
                shown = end + 1
                live = (live or line == BEGIN) and not line.startswith(END)
                if show and live and line != BEGIN:
                    show(line)
    return False


def tail(console: str, lines=15) -> str:
    """The last lines of a console, for an error."""
    kept = [line for line in console.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    | {line}" for line in kept) or "    | (nothing)"


def printer(key: str):
    return lambda line: print(f"[{key}] {line}", file=sys.stderr, flush=True)
