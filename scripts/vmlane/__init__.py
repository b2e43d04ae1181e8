"""The parts of scripts/vm. Standard library only."""

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path


class LaneError(Exception):
    """One line that names what is wrong and ends in what to do."""


class Misuse(LaneError):
    """A wrong argument or setting: exit code 2."""


class Gone(LaneError):
    """A series of kernels of which the archive has nothing: exit code 3."""


def say(text: str):
    """Messages go to stderr."""
    print(f"vm: {text}", file=sys.stderr, flush=True)


def need(program: str, package: str) -> str:
    """The path of `program`, which may also be in a system folder that PATH lacks."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if not found:
        raise LaneError(f"{program} is missing: apt-get install {package}")
    return found


@contextlib.contextmanager
def scratch(parent: Path):
    """A folder in `parent` that is removed afterwards, also after an error."""
    work = Path(tempfile.mkdtemp(prefix=".partial-", dir=parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
