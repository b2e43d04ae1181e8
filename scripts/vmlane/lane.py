"""Runs one guest after the other: kernel, module, image, boot, result."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import sources

from . import LaneError, Misuse, cpio, image, need, qemu, say, scratch, verdict
from .kernels import Kernel, find, tools
from .kvm import proven
from .machines import AMD64, MACHINES, Machine
from .module import Unbuildable, foreign, ours
from .packages import VERSIONS, unpacked

TOP = Path(__file__).parent.parent.parent


def run(args) -> int:
    """Runs the command under each kernel; returns the first exit code that is not 0, or 0."""
    machine = MACHINES[args.arch]
    need(machine.qemu, machine.package)
    programs = [existing(path, machine) for path in args.program]
    if any("harness" in word.split() for word in args.command) and all(path.name != "harness" for path in programs):
        programs.append(harness(machine))
    if args.out.exists():
        raise Misuse(f"--out {args.out}: exists already; name a new folder")
    folders = [folder(words) for words in args.folder]
    unknown = [name for name in args.module if name not in tools()["modules"]]
    if unknown:
        raise Misuse(f"--module {unknown[0]}: name one that scripts/kernels.toml has: {', '.join(tools()['modules'])}")
    packages = installed(args.package, args.suite, machine)
    kernels = [find(key, args.arch) for key in dict.fromkeys(args.kernel)]
    args.out.mkdir(parents=True)
    codes = []
    try:
        for kernel in kernels:
            try:
                codes.append(guest(args, kernel, programs, folders, packages))
            except LaneError as error:
                # The other kernels do not depend on this one.
                say(str(error))
                codes.append(1)
    finally:
        if not any(args.out.iterdir()):
            args.out.rmdir()
    return next((code for code in codes if code), 0)


def cycles(args) -> int:
    """Loads and unloads the module repeatedly, by the script `cycles`."""
    args.command = ["cycles", str(args.count)]
    args.program.append(Path(__file__).parent / "cycles")
    return run(args)


def existing(path: Path, machine: Machine) -> Path:
    """The path of a script, or of a program of that architecture."""
    if not path.is_file():
        raise Misuse(f"--program {path}: there is no such file")
    with path.open("rb") as file:
        head = file.read(20)
    if head[:4] == b"\x7fELF" and int.from_bytes(head[18:20], "little") != machine.machine:
        raise Misuse(f"--program {path}: is no program of {machine.arch}: give one that is, or another --arch")
    return path.resolve()


def folder(words: str) -> tuple:
    """What --folder names: a folder here, and its place in the image."""
    source, _, target = words.partition("=")
    if not (Path(source).is_dir() and target.startswith("/")):
        raise Misuse(f"--folder {words}: give FROM=TO, a folder of this machine and an absolute path")
    return Path(source), target


def installed(names, suite: str, machine: Machine) -> tuple:
    """What --package names: the folder in which all are unpacked with their dependencies, and their versions."""
    for name in names:
        if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name):
            raise Misuse(f"--package {name}: give the name of a package, without a version")
    if not names:
        return None, {}
    arch = "" if machine is AMD64 else machine.arch
    label = "-".join(filter(None, ["with", *sorted(names), arch, suite]))
    tree = unpacked(label, sorted(names), [suite], whole=True, arch=arch)
    found = json.loads((tree / VERSIONS).read_text())
    return tree, {name: found[name] for name in names}


def harness(machine: Machine = AMD64) -> Path:
    """The harness that was built last for that architecture."""
    target, command = Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target")), "cargo build --release --bin harness"
    if machine is not AMD64:
        target, command = target / "cross/aarch64-unknown-linux-gnu", "scripts/cross build"
    built = [path for path in (target / "release/harness", target / "debug/harness") if path.is_file()]
    if not built:
        raise LaneError(f"the harness is not built for {machine.arch}: {command}")
    return max(built, key=lambda path: path.stat().st_mtime)


def guest(args, kernel: Kernel, programs, folders, packages) -> int:
    """Runs one kernel. Leaves a complete folder or none."""
    with scratch(args.out) as work:
        root = work / "root"
        root.mkdir()
        accel = proven(kernel, args, work) if args.accel == "auto" else args.accel
        # The harness writes this into its record: on emulated CPUs counts are true and times are not.
        image.fill(root, programs, folders, args.command, {"ROLLCALL_VM": accel, "ROLLCALL_VM_KERNEL": kernel.key},
                   kernel.machine, packages[0])
        note = {} if args.no_module else lock_and_load(kernel, root)
        note |= {name: add(kernel, name, root) for name in args.module}
        note |= {"installed": packages[1], "installed_from": args.suite} if packages[0] else {}
        if args.headers:
            image.headers(root, kernel)
        image.build(root, work / "root.img", 2048)
        shutil.rmtree(root)
        done, crashes = attempts(args, kernel, accel, work)
        place = work / "result"
        place.mkdir()
        (place / "console.log").write_text(done.console)
        if cpio.head(work / "out.img") is None or verdict.MEMORY.search(done.console):
            keep(args, kernel, done)
            raise verdict.explain(kernel.key, done, args.memory, args.limit, args.disk)
        code, data = cpio.checked(work / "out.img")
        cpio.unpack(data, place)
        write_fields(place, args, kernel, accel, crashes, done, code, note)
        place.rename(args.out / kernel.key)
        say(f"{kernel.key}: exit code {code} after {done.seconds:.0f} s under {accel}; "
            f"{args.out / kernel.key}")
        return code


def attempts(args, kernel: Kernel, accel: str, work: Path):
    """Boots the guest, a second time if the emulator crashed the first; also returns the number of such crashes."""
    for crashes in (0, 1):
        disk = work / "out.img"
        disk.unlink(missing_ok=True)
        with disk.open("wb") as file:
            file.truncate(args.disk << 20)
        argv = qemu.command(kernel, work / "root.img", disk, accel, args)
        done = qemu.boot(argv, args.limit, qemu.printer(kernel.key))
        if cpio.head(disk) is not None or not verdict.spontaneous(done):
            return done, crashes
        say(f"{kernel.key}: the guest crashed before the module was loaded" + ("; trying again" if not crashes else ""))
    return done, 2


def lock_and_load(kernel: Kernel, root: Path) -> dict:
    """Puts the module, and the marker without which the harness does not load it, into the image. Where the
    module cannot be built, the row of `kmod` says why."""
    try:
        module = ours(kernel)
    except Unbuildable as why:
        say(f"{kernel.key}: no kernel module: {why}")
        return {"module": f"not built: {why.reason}"}
    home = root / "usr/lib/rollcall"
    shutil.copyfile(module, home / "rollcall.ko")
    (home / "disposable").write_text("made by scripts/vm: this machine is disposable\n")
    return {"module": "built"}


def add(kernel: Kernel, name: str, root: Path) -> str:
    """Puts a third-party module where init loads it from. Without it, the row of its tool says why."""
    try:
        module = foreign(kernel, name)
    except Unbuildable as why:
        say(f"{kernel.key}: no {name}: {why}")
        return f"not built: {why.reason}"
    shutil.copyfile(module, root / f"lane/modules/{name}.ko")
    return "built"


def keep(args, kernel: Kernel, done):
    """Keeps the console of a guest that failed."""
    (args.out / f"{kernel.key}.console.log").write_text(done.console)


def write_fields(place: Path, args, kernel: Kernel, accel, crashes, done, code, note):
    """Writes vm.json: what the guest cannot know of itself."""
    version = subprocess.run([need(kernel.machine.qemu, kernel.machine.package), "--version"],
                             capture_output=True, text=True, check=True).stdout.splitlines()[0]
    fields = {"kernel": kernel.key, **kernel.identity(),
             "scripts": sources.guests(), "accelerator": accel, "correctness_only": accel == "tcg", "emulator": version,
             "cpus": args.cpus, "memory_mib": args.memory,
             "spontaneous_crashes": crashes, "seconds": round(done.seconds, 1), "exit_code": code,
             "command": args.command, "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **note}
    (place / "vm.json").write_text(json.dumps(fields, indent=2) + "\n")
