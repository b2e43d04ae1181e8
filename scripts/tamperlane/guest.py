"""The part of the matrix that needs a machine that can be thrown away: the kernel module, attacked in a guest.

The guest runs this very script: it gets python, what the adversaries are started with, the acts as programs, and the
module that writes the table back. Its cells come home with the guest's kernel in them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from vmlane import LaneError, module
from vmlane.kernels import find

SCRIPTS = Path(__file__).parent.parent
HERE = "/usr/lib/tamper"
PYTHON = Path("/usr/bin/python3.11")
PROGRAMS = (PYTHON, Path("/usr/bin/setpriv"), Path("/usr/bin/unshare"))
# Where calls go through the table; newer kernels dispatch by a switch.
BY_TABLE = ("5.10",)
# Control groups of version 2 hand a controller down only where they are told to.
SCRIPT = f"""echo '+cpu +memory' >/sys/fs/cgroup/cgroup.subtree_control
exec python3.11 {HERE}/scripts/tamper /usr/bin/harness --acts {HERE} "$@" --out tamper"""


def technique(key: str) -> str:
    return f"kmod{{hook={'table' if key in BY_TABLE else 'ftrace'}}}"


def restore(key: str) -> Path:
    """The module that writes the table back, built for this kernel."""
    home = Path(__file__).parent / "module"
    sources = [path for path in home.iterdir() if path.suffix == ".c" or path.name == "Kbuild"]
    return module.built(find(key), "restore", home, sources)


def filled(folder: Path, key: str, acts: Path) -> Path:
    """What the guest has at HERE."""
    home = folder / "tamper"
    for name in ("tamperlane", "killslane", "vmlane"):
        shutil.copytree(SCRIPTS / name, home / "scripts" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tamper", "machine_lock.py", "child.py", "kernels.toml"):
        shutil.copy2(SCRIPTS / name, home / "scripts" / name)
    for name in ("act", "act-dynamic"):
        shutil.copy2(acts.parent / name, home / name)
    shutil.copyfile(restore(key), home / "restore.ko")
    return home


def command(key: str, args, home: Path, out: Path) -> list:
    """The run of scripts/vm, with the same choice of acts and adversaries."""
    options = ["--only", technique(key), "--reps", str(args.reps)]
    options += [word for act in args.act or [] for word in ("--act", act)]
    options += [word for who in args.adversary or [] for word in ("--adversary", who)]
    programs = [word for path in (args.harness, *PROGRAMS) for word in ("--program", str(path))]
    # One CPU: emulated ones lock up while another rewrites the code that they run (ftrace does that to all calls).
    return [SCRIPTS / "vm", "run", "--kernel", key, "--cpus", "1", "--limit", "3600", "--out", out, *programs,
            "--folder", f"{home}={HERE}", "--folder", f"/usr/lib/{PYTHON.name}=/usr/lib/{PYTHON.name}",
            "--", "sh", "-c", SCRIPT, "sh", *options]


def cells(key: str, args, acts: Path, commit: str) -> list:
    """The cells of one guest; an error where it gave none."""
    if any(not path.is_file() for path in PROGRAMS):
        raise LaneError(f"a guest needs {', '.join(map(str, PROGRAMS))}: apt-get install python3.11 util-linux")
    with tempfile.TemporaryDirectory(prefix="tamper-guest-") as name:
        folder = Path(name)
        out = folder / "out"
        code = subprocess.run(command(key, args, filled(folder, key, acts), out), check=False, env=os.environ,
                              stdout=sys.stderr).returncode
        found = out / key / "tamper/tamper.json"
        if not found.is_file():
            raise LaneError(f"the guest {key} gave no cells and exit code {code}: see what it said above")
        return [{**cell, "guest": key, "commit": commit} for cell in json.loads(found.read_text())["cells"]]
