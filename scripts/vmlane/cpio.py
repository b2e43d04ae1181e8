"""Unpacks what a guest wrote: a cpio archive (newc) behind a header with its length and hash. A guest is not
trusted: names stay inside the folder, and only files, folders and links to names inside are made."""

import hashlib
import os
import stat
from pathlib import Path

from . import LaneError

BLOCK = 4096


def head(disk: Path):
    """Exit code, length and hash from the result disk; None when the guest never wrote them."""
    with disk.open("rb") as file:
        words = file.read(BLOCK).split(b"\0")[0].split()
    if len(words) != 4 or words[0] != b"rollcall-result":
        return None
    return int(words[1]), int(words[2]), words[3].decode("ascii", "replace")


def checked(disk: Path) -> tuple[int, bytes]:
    """Exit code of the command and the archive, after its hash was verified."""
    code, length, expected = head(disk)
    with disk.open("rb") as file:
        file.seek(BLOCK)
        data = file.read(length)
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise LaneError(f"the result came over with hash {found} in place of {expected}: run it again")
    return code, data


def members(data: bytes):
    """Name, mode and content of every member."""
    at = 0
    while True:
        field = data[at:at + 110]
        if len(field) < 110 or field[:6] not in (b"070701", b"070702"):
            raise LaneError("the guest's result is no cpio archive: run it again with --verbose and see its console")
        mode, size, length = (int(field[i:i + 8], 16) for i in (14, 54, 94))
        start = at + 110
        name = data[start:start + length - 1].decode("utf-8", "surrogateescape")
        body = start + length + (-(start + length) % 4)
        if name == "TRAILER!!!":
            return
        yield name, mode, data[body:body + size]
        at = body + size + (-(body + size) % 4)


def unpack(data: bytes, into: Path):
    """Makes the members below `into`."""
    root = into.resolve()
    for name, mode, content in members(data):
        path = (root / name).parent.resolve() / os.path.basename(name) if name != "." else root
        if path != root and root not in path.parents or os.path.basename(name) == "..":
            raise LaneError(f"the guest's result has a member outside its folder, {name!r}: do not trust this guest")
        if stat.S_ISDIR(mode):
            path.mkdir(exist_ok=True)
        elif stat.S_ISREG(mode):
            path.write_bytes(content)
            path.chmod(0o755 if mode & 0o100 else 0o644)
        elif stat.S_ISLNK(mode):
            link(root, path, os.fsdecode(content))


def link(root: Path, path: Path, target: str):
    """A link, if it stays inside."""
    aimed = (path.parent / target).resolve()
    if aimed != root and root not in aimed.parents:
        raise LaneError(f"the guest's result links outside its folder, to {target!r}: do not trust this guest")
    path.symlink_to(target)
