"""scripts/vagrant-validate must find what is wrong with the Vagrantfile: each fault is planted in the good one.
scripts/install, which it calls on a bare machine, must end in one line."""

import os
import re
import shutil
import subprocess
import tempfile
import tomllib
import unittest
from pathlib import Path

TOP = Path(__file__).parents[3]


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        (self.home / "bin").mkdir()

    def program(self, path, text):
        path = self.home / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run_it(self, script):
        path = f"{self.home}/bin:{os.environ['PATH']}"
        done = subprocess.run(script, capture_output=True, text=True, check=False, env=dict(os.environ, PATH=path))
        return done.returncode, done.stdout + done.stderr


class Validate(Scripts):
    def setUp(self):
        super().setUp()
        (self.home / "scripts").mkdir()
        for name in ("Vagrantfile", "scripts/kernels.toml", "scripts/vagrant-validate"):
            shutil.copy(TOP / name, self.home / name)

    def validate(self, old, new):
        """Its exit code and words for the Vagrantfile in which `new` stands for `old`."""
        if not shutil.which("vagrant"):
            self.skipTest("vagrant is missing: scripts/vagrant-validate installs it")
        self.program("target/release/harness", "")
        text = (TOP / "Vagrantfile").read_text()
        self.assertEqual(text.count(old), 1, f"{old} is not in the Vagrantfile once")
        (self.home / "Vagrantfile").write_text(text.replace(old, new))
        return self.run_it([self.home / "scripts/vagrant-validate"])

    def test_faults(self):
        for old, new, part, good in (
                ("libvirt.memory", "libvirt.memry", "shouldn't exist: memry", 0),
                ("libvirt.cpu_mode =", "libvirt.cpu_mood =", "shouldn't exist: cpu_mood", 1),
                ("virtualbox.memory", "virtualbox.memry", "shouldn't exist: memry", 2),
                ("source: HARNESS", 'source: "no"', "must exist", 0),
                ('Vagrant.configure("2") do |config|', "", "syntax error", 0)):
            with self.subTest(fault=new):
                code, said = self.validate(old, new)
                self.assertNotEqual(code, 0, said)
                self.assertIn(part, said)
                self.assertEqual(said.count("validated successfully"), good, said)

    def test_every_kernel_is_a_machine(self):
        """The Vagrantfile reads the table with a pattern: what it overlooks would be no machine, and no fault."""
        pattern = re.search(r"\.scan\(\n +/(.+)/\n\)", (TOP / "Vagrantfile").read_text())[1]
        table = (TOP / "scripts/kernels.toml").read_text()
        wanted = [(key, entry["suites"][0], entry["release"], entry["version"])
                  for key, entry in tomllib.loads(table).items() if key != "tools"]
        self.assertEqual(re.findall(pattern, table, re.M), wanted)

    def test_no_harness(self):
        code, said = self.run_it([self.home / "scripts/vagrant-validate"])
        self.assertEqual((code, said), (2, "vagrant-validate: target/release/harness is missing: "
                                           "cargo build --release --bin harness\n"))


class Install(Scripts):
    """With an apt-get in its place."""

    def install(self, apt, uid=0):
        self.program("bin/id", f"echo {uid}")
        self.program("bin/sleep", "")
        self.program("bin/apt-get", f"cd {self.home}\necho \"$*\" >>calls\n{apt}")
        code, said = self.run_it([TOP / "scripts/install", "a", "b"])
        self.assertLessEqual(said.count("\n"), 1, said)
        calls = self.home / "calls"
        return code, said, calls.read_text() if calls.exists() else ""

    def test_installs(self):
        code, said, calls = self.install("echo a lot; echo and more >&2")
        self.assertEqual((code, said), (0, ""))
        self.assertRegex(calls, r"(?s) update .* install .* a b\n")

    def test_not_root(self):
        code, said, calls = self.install("", uid=1)
        self.assertEqual((code, said, calls), (2, "install: a b: missing; run this as root, or apt-get install a b\n", ""))

    def test_lock_is_waited_for(self):
        code, said, calls = self.install(
            "[ $(wc -l <calls) -ge 4 ] || { echo 'E: Could not get lock /x. It is held by process 1 (apt)'; exit 100; }")
        self.assertEqual((code, said), (0, ""))
        self.assertEqual(calls.count(" update "), 4, calls)

    def test_lock_stays(self):
        code, said, _ = self.install("echo 'E: Could not get lock /x. It is held by process 1 (apt)'; exit 100")
        self.assertEqual(code, 1)
        self.assertIn("install: apt-get install a b: E: Could not get lock /x. It is held by process 1", said)

    def test_archive_does_not_answer(self):
        code, said, _ = self.install("echo 'W: old'; echo \"E: no answer\"; case $* in *update*) exit 100 ;; esac")
        self.assertEqual((code, said), (0, ""))
        code, said, calls = self.install("echo 'W: old'; echo \"E: no $(wc -l <calls).\"; exit 100")
        self.assertEqual((code, said), (1, "install: apt-get install a b: E: no 4; and before that, update: E: no 3; "
                                           "see to that, and run this again\n"))
        self.assertEqual(calls.count("\n"), 4)


if __name__ == "__main__":
    unittest.main()
