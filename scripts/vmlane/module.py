"""Builds the kernel module for one kernel, against the headers of its packages."""

import hashlib
import shutil
from pathlib import Path

from . import LaneError, buildroot, scratch
from .kernels import tools
from .packages import cache, last_line, unpacked

SOURCE = Path(__file__).parent.parent.parent / "monitors/src/kmod/module"


class Unbuildable(LaneError):
    """The module cannot be built for this kernel here."""


def module(kernel) -> Path:
    """The module for `kernel`, from the cache when its source has not changed."""
    if not kernel.entry:
        raise Unbuildable(f"{kernel.vmlinuz} comes without headers; use a key of scripts/kernels.toml")
    sources = sorted(path for path in SOURCE.iterdir() if path.suffix in (".c", ".h") or path.name == "Kbuild")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    final = cache() / "modules" / kernel.release / f"{digest}.ko"
    if final.exists():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with scratch(final.parent) as work:
        for path in sources:
            shutil.copy(path, work)
        make(kernel, work)
        (work / "rollcall.ko").rename(final)
    return final


def make(kernel, work: Path):
    """Runs the kernel's own build system."""
    done = buildroot.inside(
        "make", "-C", headers(kernel), f"M={work}", f"CC={tools()['compiler']}",
        # The headers' kernel had pahole, the root need not: the module lives without type data.
        "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules")
    if "unshare failed" in done.stderr:
        raise Unbuildable(f"{last_line(done.stderr)}: run scripts/vm as root, or let users have namespaces")
    if done.returncode:
        log = cache() / "modules" / kernel.release / "build.log"
        log.write_text(done.stdout + done.stderr)
        raise Unbuildable(f"{last_error(done.stderr)}; see {log}")


def last_error(text: str) -> str:
    errors = [line for line in text.splitlines() if "error:" in line or line.startswith("ERROR")]
    return errors[0] if errors else last_line(text)


def headers(kernel) -> Path:
    """The headers, unpacked. Their makefiles name each other by absolute path, so these are led here."""
    entry = kernel.entry
    tree = unpacked(f"headers-{kernel.release}", entry["headers"], entry["version"], [entry["suite"]])
    top = tree / f"usr/src/linux-headers-{kernel.release}"
    for makefile in (top / "Makefile", top / ".kernelvariables"):
        if makefile.is_file():
            text = makefile.read_text()
            led = text.replace(" /usr/src/", f" {tree}/usr/src/").replace("=/usr/src/", f"={tree}/usr/src/")
            if led != text:
                makefile.write_text(led)
    return top
