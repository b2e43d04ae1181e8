"""The guest's disk: programs of this machine with the libraries they need, busybox, and a small init."""

import os
import re
import shlex
import shutil
import struct
import subprocess
from pathlib import Path

from . import LaneError, need
from .kernels import tools
from .machines import AMD64, Machine
from .packages import link_awk, unpacked

HERE = Path(__file__).parent
# Names the first partition, so that the kernel finds its root under any disk number.
SIGNATURE = 0x524F4C4C
ROOT = f"PARTUUID={SIGNATURE:08x}-01"
OFFSET = 1 << 20
# Programs that the workloads run: a shell and the stages of a pipeline.
PROGRAMS = ["dash", "true", "cat", "sleep", "env", "id", "uname"]


def libraries(program: Path):
    """The shared libraries and the loader, as the loader itself finds them."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    if "not found" in done.stdout:
        raise LaneError(f"{program}: a library it needs is missing here: {done.stdout.strip()}; install it")
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", done.stdout)]


def system(machine: Machine) -> Path:
    """The root of what the image's programs are taken from: this machine, or packages of another architecture."""
    if machine is AMD64:
        return Path("/")
    suite, names = tools()["suite"], tools()["programs"]
    return unpacked(f"programs-{machine.arch}-{suite}", names, [suite], whole=True, arch=machine.arch)


class Tree:
    """A root directory that is being filled, with programs of one architecture."""

    def __init__(self, root: Path, machine: Machine):
        self.root = root
        self.machine = machine
        self.home = system(machine)
        for part in ("usr/bin usr/sbin usr/lib usr/lib64 lane/bin lane/modules out root proc sys dev run tmp etc "
                     "lib/rollcall").replace("lib/rollcall", "usr/lib/rollcall").split():
            (root / part).mkdir(parents=True)
        for part in ("bin", "sbin", "lib", "lib64"):
            (root / part).symlink_to(f"usr/{part}")
        (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
        (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")

    def put(self, source: Path, target: str, mode=0o755):
        """Copies a file of this machine."""
        path = self.root / target.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            shutil.copyfile(source, path)
            path.chmod(mode)

    def program(self, source: Path, target: str):
        """Copies a program and its libraries; another architecture's loader does not run here to name them."""
        self.put(source, target)
        if self.machine is AMD64:
            for library in libraries(source):
                self.put(library, str(library))

    def all_libraries(self):
        """Copies every library of the packages that another architecture's programs are from."""
        for library in (self.home / "usr/lib").glob("*-linux-gnu/*.so*"):
            self.put(library, str(library.relative_to(self.home)))
        self.put(self.home / "usr/lib" / self.machine.loader, f"usr/lib/{self.machine.loader}")

    def folder(self, source: Path, target: str):
        """Copies a folder, and the libraries of the extensions in it; what is compiled is compiled again there."""
        place = self.root / target.lstrip("/")
        shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "test", "config-*"))
        for extension in place.rglob("*.so"):
            for library in libraries(source / extension.relative_to(place)):
                self.put(library, str(library))

    def package(self, tree: Path):
        """Copies unpacked packages, which are as they would be installed but for what their scripts do."""
        for part in sorted(tree.iterdir()):
            if part.is_dir() and not part.is_symlink():
                shutil.copytree(part, self.root / part.name, symlinks=True, dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns("doc", "man", "locale", "__pycache__"))
        link_awk(self.root)

    def busybox(self):
        """Applets for init, and for commands of which the image has no program."""
        # The one of this machine names the applets of the other, which is of the same version.
        found = busybox(AMD64)
        self.put(busybox(self.machine), "lane/bin/busybox")
        names = subprocess.run([found, "--list"], capture_output=True, text=True, check=True).stdout.split()
        for name in names:
            if name != "busybox":
                (self.root / "lane/bin" / name).symlink_to("busybox")


def busybox(machine: Machine) -> Path:
    suite, package = tools()["suite"], tools()["busybox"]
    if machine is AMD64:
        box = unpacked(f"{package}-{suite}", [package], [suite])
    else:
        box = unpacked(f"{package}-{machine.arch}-{suite}", [package], [suite], arch=machine.arch)
    found = next((p for p in (box / "bin/busybox", box / "usr/bin/busybox") if p.exists()), None)
    if not found:
        raise LaneError(f"{package} holds no busybox: name another package in scripts/kernels.toml")
    return found


def fill(root: Path, programs, folders, command, environment, machine=AMD64, packages=None):
    """Fills the tree, except for the kernel's part. `programs` are paths of this machine to add, `folders` pairs of one
    and its place, `packages` a folder of unpacked ones."""
    tree = Tree(root, machine)
    # First: this machine's programs run with the C library of a newer release, and not the other way round.
    if packages:
        tree.package(packages)
    tree.busybox()
    tree.put(HERE / "init.sh", "init")
    if machine is not AMD64:
        tree.all_libraries()
    for name in PROGRAMS:
        source = shutil.which(name, path=f"{tree.home / 'usr/bin'}:{tree.home / 'bin'}")
        if source:
            tree.program(Path(source), f"usr/bin/{name}")
    if not (root / "usr/bin/sh").is_symlink():
        (root / "usr/bin/sh").symlink_to("dash")
    for program in programs:
        tree.program(program, f"usr/bin/{program.name}")
    for source, target in folders:
        tree.folder(source, target)
    os_release = tree.home / "usr/lib/os-release"
    if os_release.exists():
        tree.put(os_release, "etc/os-release", 0o644)
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
    (root / "lane/environment").write_text("".join(lines))
    (root / "lane/command").write_text(shlex.join(command) + "\n")


def headers(root: Path, kernel):
    """Puts the kernel's headers where its own packages do, with the links of /lib/modules that lead there."""
    if not (kernel.offer and kernel.offer.headers):
        raise LaneError(f"--headers: there are none of {kernel.release} on offer: use another key of scripts/kernels.toml")
    shutil.copytree(kernel.tree / "usr/src", root / "usr/src", symlinks=True, dirs_exist_ok=True)
    home = root / "usr/lib/modules" / kernel.release
    home.mkdir(parents=True, exist_ok=True)
    for name, folder in (("build", kernel.release), ("source", re.sub(r"-cloud-.*", "-common", kernel.release))):
        (home / name).symlink_to(f"/usr/src/linux-headers-{folder}")


def build(root: Path, image: Path, megabytes: int):
    """Makes an image with one ext4 partition that contains `root`; it is sparse."""
    mkfs = need("mkfs.ext4", "e2fsprogs")
    size = megabytes << 20
    with image.open("wb") as file:
        file.truncate(size)
        entry = struct.pack("<B3sB3sII", 0, b"\0\0\0", 0x83, b"\0\0\0", OFFSET >> 9, (size - OFFSET) >> 9)
        file.seek(440)
        file.write(struct.pack("<IH", SIGNATURE, 0) + entry + bytes(48) + b"\x55\xaa")
    done = subprocess.run(
        [mkfs, "-q", "-F", "-O", "^has_journal", "-E", f"offset={OFFSET},root_owner=0:0,lazy_itable_init=1",
         "-d", root, image, f"{(size - OFFSET) >> 10}k"],
        capture_output=True, text=True, check=False, env=dict(os.environ, LC_ALL="C"))
    if done.returncode:
        raise LaneError(f"mkfs.ext4 cannot fill {image}: {done.stderr.strip()}; see that there is space left on this disk")
