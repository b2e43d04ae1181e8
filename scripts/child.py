"""Ends: children do not outlive a script, and a script that is told to end clears up first."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def dies_with_us(number: int):
    """For preexec_fn: a process that gets this signal when its parent, this script, ends in whatever way."""
    parent = os.getpid()

    def before_exec():
        if LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) or os.getppid() != parent:
            os._exit(126)
    return before_exec


def clears_up_when_told():
    """SIGTERM ends this script in order; a second one (`timeout` sends it twice) does not disturb that."""
    def told(*_):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit(143)
    signal.signal(signal.SIGTERM, told)
