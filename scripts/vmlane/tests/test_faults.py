"""What can go wrong before a guest starts: one clear line that names the remedy, and nothing left."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from vmlane import LaneError, cpio, packages, qemu, verdict

VM = Path(__file__).parents[2] / "vm"


def vm(*words, env=None):
    return subprocess.run([sys.executable, VM, *words], capture_output=True, text=True, check=False, env=env)


class BeforeTheGuest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.out = self.home / "out"

    def says(self, done, code, *parts):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertFalse(self.out.exists())

    def test_no_qemu(self):
        (self.home / "bin").mkdir()
        done = vm("run", "--kernel", "5.10", "--out", self.out, "--", "true", env={"PATH": f"{self.home}/bin"})
        if "qemu-system-x86_64" not in done.stderr:
            self.skipTest("QEMU is in a system folder here")
        self.says(done, 1, "qemu-system-x86_64 is missing: apt-get install qemu-system-x86")

    def test_unknown_key(self):
        with_qemu = self.home / "bin"
        with_qemu.mkdir()
        (with_qemu / "qemu-system-x86_64").write_text("#!/bin/sh\n")
        (with_qemu / "qemu-system-x86_64").chmod(0o755)
        env = dict(os.environ, PATH=f"{with_qemu}:{os.environ['PATH']}")
        done = vm("run", "--kernel", "9.9", "--out", self.out, "--", "true", env=env)
        self.says(done, 2, "--kernel 9.9", "scripts/kernels.toml", "5.10, 6.1, 6.12, 6.18, 7.x")
        done = vm("run", "--kernel", "/no/vmlinuz", "--out", self.out, "--", "true", env=env)
        self.says(done, 2, "--kernel /no/vmlinuz: there is no such file")
        done = vm("run", "--kernel", "5.10", "--module", "no", "--out", self.out, "--", "true", env=env)
        self.says(done, 2, "--module no: name one that scripts/kernels.toml has: scap")

    def test_program_of_another_architecture(self):
        with_qemu = self.home / "bin"
        with_qemu.mkdir()
        for name in ("qemu-system-x86_64", "qemu-system-aarch64"):
            (with_qemu / name).write_text("#!/bin/sh\n")
            (with_qemu / name).chmod(0o755)
        env = dict(os.environ, PATH=f"{with_qemu}:{os.environ['PATH']}", CARGO_TARGET_DIR=str(self.home))
        words = ["run", "--arch", "arm64", "--kernel", "5.10", "--out", self.out]
        for arch, machine in (("arm64", 62), ("amd64", 183)):
            program = self.home / f"not-of-{arch}"
            program.write_bytes(b"\x7fELF".ljust(18, b"\0") + machine.to_bytes(2, "little"))
            words[2] = arch
            done = vm(*words, "--program", program, "--", "true", env=env)
            self.says(done, 2, f"--program {program}: is no program of {arch}: give one that is, or another --arch")
        words[2] = "arm64"
        self.says(vm(*words, "--", "harness", "list", env=env), 1,
                  "the harness is not built for arm64: scripts/cross build")

    def test_package_gone(self):
        def run(_apt, *command, cwd=None):
            failed = command[1] == "download"
            return mock.Mock(returncode=int(failed), stderr="E: Version '1-1' for 'x' was not found\n")

        with mock.patch.dict(os.environ, XDG_CACHE_HOME=str(self.home)), \
                mock.patch.object(packages, "archive", lambda suite: "file:/nowhere"), \
                mock.patch.object(packages, "need", lambda *_: ""), \
                mock.patch.object(packages, "KEYRING", __file__), \
                mock.patch.object(packages.Apt, "_run", run), \
                mock.patch.object(packages, "say"):
            with self.assertRaises(LaneError) as raised:
                packages.unpacked("kernel-x", ["x=1-1"], ["bookworm"])
        text = str(raised.exception)
        for part in ("x=1-1", "from bookworm", "Version '1-1' for 'x' was not found", "scripts/kernels.toml"):
            self.assertIn(part, text)
        self.assertNotIn("\n", text)
        self.assertEqual(list((self.home / "rollcall/packages").iterdir()), [])


class Verdicts(unittest.TestCase):
    """The line for a guest that gave no result, and whether it gets a second try."""

    def explain(self, console, timed_out=False):
        boot = qemu.Boot(console, 1.0, timed_out)
        return verdict.spontaneous(boot), str(verdict.explain("5.10", boot, 1024, 900, 256))

    def test_causes(self):
        for console, timed_out, again, part in (
                ("VFS: Unable to mount root fs on unknown-block(0,0)\nKernel panic - not syncing", False, False,
                 "needs NVMe and ext4 built in"),
                ("Out of memory: Killed process 71 (harness)\nKernel panic", False, False, "give --memory 2048"),
                (f"{qemu.BEGIN}\nrollcall-lane: too large 314572800\n", False, False, "give --disk 616"),
                ("qemu-system-x86_64: -m x: bad", False, False, "QEMU refused"),
                ("traps: PANIC: double fault, error_code: 0x0", False, True, "the guest crashed"),
                ("BUG: unable to handle page fault\nCPU: 1 Comm: a Tainted: G           OE     5.10", False, False,
                 "the guest crashed"),
                ("BUG: unable to handle page fault\nCPU: 1 Comm: a Not tainted 5.10", False, True, "crashed"),
                ("Booting", True, True, "give --limit more"),
                (f"{qemu.BEGIN}\nworking", True, False, "give --limit more")):
            with self.subTest(console=console):
                spontaneous, text = self.explain(console, timed_out)
                self.assertEqual(spontaneous, again)
                self.assertIn(part, text.splitlines()[0])


class Results(unittest.TestCase):
    """A guest is not trusted."""

    def archive(self, name, mode=0o100644, content=b""):
        def member(name, mode, content):
            raw = name.encode() + b"\0"
            head = b"070701" + b"".join(b"%08x" % n for n in
                                        (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(raw), 0))
            return (head + raw).ljust(-(-(len(head) + len(raw)) // 4) * 4, b"\0") + \
                content.ljust(-(-len(content) // 4) * 4, b"\0")
        return member(name, mode, content) + member("TRAILER!!!", 0, b"")

    def test_members_stay_inside(self):
        for name, mode, content in (("../x", 0o100644, b""), ("a/../../x", 0o100644, b""), ("..", 0o40755, b""),
                                    ("l", 0o120777, b"/etc/passwd"), ("l", 0o120777, b"../..")):
            with self.subTest(name=name), tempfile.TemporaryDirectory() as folder:
                into = Path(folder) / "into"
                into.mkdir()
                with self.assertRaises(LaneError):
                    cpio.unpack(self.archive(name, mode, content), into)
                self.assertEqual([*Path(folder).rglob("*")], [into])

    def test_a_file_comes_over(self):
        with tempfile.TemporaryDirectory() as folder:
            cpio.unpack(self.archive("./a", content=b"hello"), Path(folder))
            self.assertEqual((Path(folder) / "a").read_bytes(), b"hello")


if __name__ == "__main__":
    unittest.main()
