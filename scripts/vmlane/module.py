"""Builds kernel modules for one kernel against the headers of its packages: the one of this project, and
third-party modules whose source is a package."""

import hashlib
import shutil
from pathlib import Path

from . import LaneError, buildroot, scratch
from .kernels import tools
from .machines import AMD64, Machine
from .packages import cache, last_line, unpacked

SOURCE = Path(__file__).parent.parent.parent / "monitors/src/kmod/module"


class Unbuildable(LaneError):
    """The module cannot be built for this kernel here. The remedy may name folders of this machine; a record gets
    only the reason."""

    def __init__(self, reason: str, remedy: str):
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason


def ours(kernel) -> Path:
    """The hook module for `kernel`."""
    sources = [path for path in SOURCE.iterdir() if path.suffix in (".c", ".h") or path.name == "Kbuild"]
    return built(kernel, "rollcall", SOURCE, sources)


def foreign(kernel, name: str) -> Path:
    """A third-party module of kernels.toml, whose package contains the source in the layout of dkms."""
    entry = tools()["modules"][name]
    tree = unpacked(f"{entry['package']}-{entry['suite']}", [entry["package"]], [entry["suite"]])
    home = next((tree / "usr/src").iterdir())
    return built(kernel, name, home, [path for path in home.rglob("*") if path.is_file()])


def built(kernel, name: str, home: Path, sources) -> Path:
    """NAME.ko for `kernel` of files below `home`, from the cache if its source has not changed."""
    if not kernel.offer:
        raise Unbuildable(f"{kernel.vmlinuz.name} comes without headers", "use a key of scripts/kernels.toml")
    if not kernel.offer.headers:
        raise Unbuildable(f"no headers of {kernel.release} are on offer", "use another key of scripts/kernels.toml")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()[:16]
    final = cache() / "modules" / kernel.tree.name / f"{name}-{digest}.ko"
    if final.exists():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with scratch(final.parent) as work:
        for path in sources:
            place = work / path.relative_to(home)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
        make(kernel, name, work)
        (work / f"{name}.ko").rename(final)
    return final


def make(kernel, name: str, work: Path):
    """Runs the kernel's own build system."""
    done = buildroot.inside(
        "make", "-C", headers(kernel), f"M={work}", f"CC={compiler(kernel.machine)}",
        # The kernel was built with pahole, which the root lacks: the module needs no type data.
        "CONFIG_DEBUG_INFO_BTF_MODULES=", *crossed(kernel.machine), "modules", machine=kernel.machine)
    if "unshare failed" in done.stderr:
        raise Unbuildable(last_line(done.stderr), "run scripts/vm as root, or let users have namespaces")
    if done.returncode:
        log = cache() / "modules" / kernel.tree.name / f"{name}.log"
        log.write_text(done.stdout + done.stderr)
        raise Unbuildable(last_error(done.stderr).replace(f"{work}/", ""), f"see {log}")


def compiler(machine: Machine) -> str:
    return tools()["compiler"] if machine is AMD64 else f"{machine.triple}-{tools()['compiler']}"


def crossed(machine: Machine) -> list:
    """Arguments of make for another architecture than this one's."""
    return [] if machine is AMD64 else [f"CROSS_COMPILE={machine.triple}-", f"DEB_HOST_GNU_TYPE={machine.triple}",
                                        "DEB_BUILD_ARCH=amd64", f"DEB_HOST_ARCH={machine.arch}"]


def host_tools(kernel):
    """Puts this machine's build of the kernel's tools where the headers of another architecture have a link to."""
    part = next(one for one in kernel.offer.headers if one.package.startswith("linux-kbuild-"))
    name = f"{part.package}={part.version}"
    ours = unpacked(f"{part.package}_{part.version}", [name], [kernel.offer.suite]) / "usr/lib" / part.package
    place = kernel.tree / "usr/lib" / part.package
    if not place.is_symlink():
        place.rename(place.with_name(f"{part.package}.{kernel.machine.arch}"))
        place.symlink_to(ours)


def last_error(text: str) -> str:
    errors = [line for line in text.splitlines() if "error:" in line or line.startswith("ERROR")]
    return errors[0] if errors else last_line(text)


def headers(kernel) -> Path:
    """The headers, with the absolute paths in their makefiles changed to where they are unpacked."""
    tree = kernel.tree
    if kernel.machine is not AMD64:
        host_tools(kernel)
    top = tree / f"usr/src/linux-headers-{kernel.release}"
    for makefile in (top / "Makefile", top / ".kernelvariables"):
        if makefile.is_file():
            text = makefile.read_text()
            led = text.replace(" /usr/src/", f" {tree}/usr/src/").replace("=/usr/src/", f"={tree}/usr/src/")
            if led != text:
                makefile.write_text(led)
    return top
