"""The lock of the machine, as monitors/src/common/host_lock.rs has it: a harness measures or watches with it."""

import contextlib
import fcntl
import os
from pathlib import Path

STATE = Path("/run/rollcall")


def take(say) -> int:
    """Its descriptor; another harness is waited for, which `say` is told."""
    STATE.mkdir(mode=0o755, exist_ok=True)
    fd = os.open(STATE / "lock", os.O_CREAT | os.O_APPEND | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another harness measures or watches on this machine: waiting for it; Ctrl-C ends the wait")
        fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


@contextlib.contextmanager
def held(say):
    """As long as the block lasts."""
    fd = take(say)
    try:
        yield
    finally:
        os.close(fd)
