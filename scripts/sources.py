"""The hashes that tell a record that today's sources made from an older one.

Why: harness/build.rs gives the harness such a hash and every record names it, and whether a record is current
must be known without a build. `python3 scripts/sources.py` prints what `harness --version` prints."""

import hashlib
import subprocess
from pathlib import Path

TOP = Path(__file__).parent.parent
LIST = "harness/deciding_sources.txt"
# As many hexadecimal digits as a record names.
DIGITS = 16
# What scripts/soak runs: the monitors, and the watch round them.
SOAK = ("harness/contract/src/", "harness/src/cmd/watch.rs", "harness/src/watch", "monitors/",
        "scripts/soaklane/forker.c", "scripts/soaklane/lives.py")
# Of kernels.toml: which version was measured is in vm.json, and pinning it makes no record stale.
PINS = ("release =", "version =", "sha256 =")


def listed(top: Path):
    """What the list says: beginnings of paths, and names that are left out."""
    lines = [line for line in (top / LIST).read_text().splitlines() if line and not line.startswith("#")]
    prefixes = [line for line in lines if not line.startswith("!")]
    return prefixes, {line[1:] for line in lines if line.startswith("!")}


def below(top: Path, folder: str, prefix: str, left_out):
    """The files below `folder` whose path from `top` on begins with `prefix`."""
    for entry in (top / folder).iterdir():
        path = f"{folder}/{entry.name}" if folder else entry.name
        if not path.startswith(prefix) or entry.name in left_out:
            continue
        if entry.is_dir():
            yield from below(top, path, prefix, left_out)
        else:
            yield path


def digest(parts) -> str:
    """Of every name and content: the name, the length, the bytes."""
    found = hashlib.sha256()
    for name, content in parts:
        found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()[:DIGITS]


def deciding(top: Path = TOP) -> str:
    """The hash of the sources that decide a record's figures."""
    return hashed(top, listed(top)[0])


def unfit(harness: Path, any_sources: bool = False) -> str:
    """Why nothing that this harness measures is to be kept; empty where it may be."""
    try:
        said = subprocess.run([harness, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as why:
        return f"{harness} cannot be run: {why}"
    if not any_sources and (f"sources {deciding()}" not in said.split("\n") or "-dirty" in said):
        return f"{harness} is not of the committed sources"
    return ""


def soak(top: Path = TOP) -> str:
    """The hash of what a soak runs, and of what compares it."""
    return hashed(top, SOAK)


def hashed(top: Path, prefixes) -> str:
    """Of the files that begin with these, without the names that the list leaves out."""
    left_out = listed(top)[1]
    files = {path for prefix in prefixes for path in below(top, prefix.rpartition("/")[0], prefix, left_out)}
    # As bytes, which is how Rust orders strings.
    return digest((path, (top / path).read_bytes()) for path in sorted(files, key=str.encode))


def guests(top: Path = TOP) -> str:
    """The hash of the scripts that make a guest and run the harness in it."""
    files = ["scripts/vm", *below(top, "scripts/vmlane", "scripts/vmlane/", {"tests", "__pycache__"})]
    parts = [(path, (top / path).read_bytes()) for path in sorted(files)]
    lines = (top / "scripts/kernels.toml").read_text().splitlines(keepends=True)
    table = "".join(line for line in lines if not line.startswith(PINS))
    return digest([*parts, ("scripts/kernels.toml", table.encode())])


if __name__ == "__main__":
    print(deciding())
