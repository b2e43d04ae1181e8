"""The root directory modules are built in: the headers of newer kernels bring tools that do not run on an
older release, so it is one of our own, from packages alone, and the same wherever scripts/vm runs. It is
entered in a mount namespace, so nothing stays mounted."""

import os
import subprocess
from pathlib import Path

from . import need
from .kernels import tools
from .packages import cache, unpacked

# $1 is the root, $2 the cache, which is seen under its own name inside; what follows is run.
ENTER = """set -e
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
mkdir -p "$1$2"
mount --bind "$2" "$1$2"
root=$1
shift 2
exec chroot "$root" "$@"
"""


def root() -> Path:
    """The root directory, fetched when it is not there yet."""
    wanted = tools()
    tree = unpacked(f"build-{wanted['suite']}", wanted["build"], [wanted["suite"]], whole=True)
    for place in ("proc", "dev", "tmp"):
        (tree / place).mkdir(exist_ok=True)
    # What a script of its package, which nobody runs here, would have linked.
    awk = tree / "usr/bin/awk"
    if not awk.is_symlink():
        awk.symlink_to("mawk")
    return tree


def inside(*command) -> subprocess.CompletedProcess:
    """Runs a command in it."""
    # A user who is not root becomes it in a namespace of his own.
    become = [] if os.geteuid() == 0 else ["--map-root-user"]
    return subprocess.run(
        [need("unshare", "util-linux"), *become, "--mount", "sh", "-c", ENTER, "sh", root(), cache(), *command],
        capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "HOME": "/"})
