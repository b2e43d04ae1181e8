"""The table of kernels, and what one of them is on this machine."""

import functools
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from . import LaneError, Misuse
from .packages import unpacked

TABLE = Path(__file__).parent.parent / "kernels.toml"


@functools.cache
def table() -> dict:
    return tomllib.loads(TABLE.read_text())


def tools() -> dict:
    return table()["tools"]


def keys():
    return [key for key in table() if key != "tools"]


@dataclass
class Kernel:
    """A kernel to boot. Without a release it is a file of the user's, and has no module."""
    key: str
    vmlinuz: Path
    release: str = ""
    # Its packages, unpacked.
    tree: Path = Path()
    entry: dict = field(default_factory=dict)


def find(key: str) -> Kernel:
    """By its key in the table, or by path; fetched when it is not here yet."""
    if "/" in key:
        path = Path(key)
        if not path.is_file():
            raise Misuse(f"--kernel {key}: there is no such file")
        return Kernel(path.name, path.resolve())
    if key not in keys():
        raise Misuse(f"--kernel {key}: not in scripts/kernels.toml, which has {', '.join(keys())}; "
                        "a path with a slash names a vmlinuz")
    entry = table()[key]
    tree = unpacked(f"image-{entry['release']}", entry["image"], entry["version"], [entry["suite"]])
    release = entry["release"]
    places = [tree / f"boot/vmlinuz-{release}", tree / f"usr/lib/modules/{release}/vmlinuz"]
    found = next((place for place in places if place.is_file()), None)
    if not found:
        raise LaneError(f"the packages of {key} hold no kernel image for {release}: "
                        "put its parts into scripts/kernels.toml under image")
    return Kernel(key, found, release, tree, entry)
