"""The parts of scripts/vm. Standard library only."""

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path


class LaneError(Exception):
    """One clear line that names what is wrong and ends in what to do."""


class Misuse(LaneError):
    """The same, of what was asked for: exit code 2."""


class Gone(LaneError):
    """The same, of a series of kernels of which the archive has nothing: exit code 3."""


def say(text: str):
    """Human words go to stderr."""
    print(f"vm: {text}", file=sys.stderr, flush=True)


def need(program: str, package: str) -> str:
    """The path of `program`; the system folders count also for users who do not search them."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if not found:
        raise LaneError(f"{program} is missing: apt-get install {package}")
    return found


@contextlib.contextmanager
def scratch(parent: Path):
    """A folder beside its destination that is gone afterwards, whatever happens."""
    work = Path(tempfile.mkdtemp(prefix=".partial-", dir=parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
