"""The adversaries: how a command is started as each."""

import shutil
import subprocess
import sys
from pathlib import Path

ACTS = Path(__file__).parent / "acts"
# What Docker and Podman leave to root in a container.
DEFAULT = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service", "net_raw",
           "sys_chroot", "mknod", "audit_write", "setfcap")
OWN = ["unshare", "--mount", "--pid", "--fork", "--net", "--mount-proc"]


def build(folder: Path, built: Path | None = None) -> Path:
    """Compiles the acts, or takes those that are built; the static program."""
    if built:
        for name in ("act", "act-dynamic"):
            shutil.copy2(built / name, folder / name)
        return folder / "act"
    sources = sorted(map(str, ACTS.glob("*.c")))
    for name, flags in (("act", ["-static"]), ("act-dynamic", [])):
        done = subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", *flags, "-o", str(folder / name), *sources],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"tamper: {name} cannot be built: {done.stderr.strip().splitlines()[-1]}: install cc and static glibc")
    return folder / "act"


def as_user(uid: int) -> list:
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]


def command(adversary: str, uid: int, words: list) -> list:
    """The words as a command of the adversary."""
    if adversary == "user":
        return [*as_user(uid), *words]
    if adversary == "root":
        return words
    own_shm = ["sh", "-c", 'mount -t tmpfs none /dev/shm && exec "$@"', "sh"]
    if adversary == "container":
        return [*as_user(uid), "unshare", "--user", "--map-root-user", *OWN[1:], *own_shm, *words]
    sets = ",".join(["-all", *(f"+{name}" for name in DEFAULT)])
    return [*OWN, *own_shm, "setpriv", f"--bounding-set={sets}", "--inh-caps=-all", *words]
