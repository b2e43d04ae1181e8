"""The root directory in which modules are built. The headers of newer kernels contain tools that do not run on
an older release, so the root is made from packages alone and is the same wherever scripts/vm runs. It is
entered in a mount namespace, so nothing stays mounted."""

import hashlib
import os
import subprocess
from pathlib import Path

from . import need
from .kernels import tools
from .machines import AMD64, Machine
from .packages import cache, link_awk, unpacked

# $1 is the root, $2 the cache, which has the same path inside; the rest is the command.
ENTER = """set -e
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
mkdir -p "$1$2"
mount --bind "$2" "$1$2"
root=$1
shift 2
exec chroot "$root" "$@"
"""


def root(machine: Machine = AMD64) -> Path:
    """The root directory with a compiler for that machine, fetched if it is missing."""
    wanted = tools()
    more = [] if machine is AMD64 else [f"{wanted['compiler']}-{machine.triple}"]
    packages = [*wanted["build"], *more]
    # Another list is another root.
    digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    tree = unpacked(f"build-{wanted['suite']}-{digest}", packages, [wanted["suite"]], whole=True)
    for place in ("proc", "dev", "tmp"):
        (tree / place).mkdir(exist_ok=True)
    link_awk(tree)
    return tree


def inside(*command, machine: Machine = AMD64) -> subprocess.CompletedProcess:
    """Runs a command in the root directory."""
    # A user without root maps to root in a user namespace.
    become = [] if os.geteuid() == 0 else ["--map-root-user"]
    return subprocess.run(
        [need("unshare", "util-linux"), *become, "--mount", "sh", "-c", ENTER, "sh", root(machine), cache(), *command],
        capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "HOME": "/"})
