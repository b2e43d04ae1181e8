"""Which kernel of a series is taken when the archive has the pin, when it has lost it, and when it has nothing."""

import io
import os
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from vmlane import Gone, LaneError, Misuse, kernels, module
from vmlane.module import Unbuildable
from vmlane.tests.test_offers import NINE, PIN, SECURITY, without

VM = Path(__file__).parents[2] / "vm"


class Find(unittest.TestCase):
    """kernels.find with indexes that are given and packages that are made here."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.indexes = {"bookworm-security": SECURITY, "bookworm": ""}
        self.broken, self.asked = set(), []
        self.table = {"6.1": {"suites": [*self.indexes], **vars(PIN)}, "tools": {}}
        for place, name, value in ((kernels, "table", lambda: self.table), (kernels, "index", self.index),
                                   (kernels, "unpacked", self.unpacked), (kernels, "cache", lambda: self.home)):
            patch = mock.patch.object(place, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def index(self, suite, arch):
        self.asked.append(suite)
        if arch == "arm64":
            return SECURITY.replace("amd64", "arm64")
        if self.indexes[suite] is None:
            raise LaneError(f"{suite} cannot be fetched")
        return self.indexes[suite]

    def unpacked(self, label, names, suites, note, arch):
        if names[0] in self.broken:
            raise LaneError(f"{names[0]}: 404")
        tree = self.home / "packages" / label
        (tree / "boot").mkdir(parents=True)
        (tree / f"boot/vmlinuz-{label.removeprefix('kernel-').split('_')[0]}").touch()
        (tree / "note.json").write_text(note)
        return tree

    def find(self, arch="amd64"):
        """The kernel that is found, and what was said."""
        said = io.StringIO()
        with redirect_stderr(said):
            found = kernels.find("6.1", arch)
        return found, said.getvalue()

    def test_pin_on_offer(self):
        found, said = self.find()
        self.assertEqual(found.release, PIN.release)
        self.assertEqual(said, "vm: 6.1: linux-kbuild-6.1 6.1.192-2 is not on offer: taking 6.1.192-3, "
                               "which the headers accept\n")
        self.assertEqual(self.asked, ["bookworm-security"])
        identity = found.identity()
        self.assertEqual((identity["package"], identity["pinned"], identity["packages"][0]),
                         (PIN.version, PIN.version, {"package": "linux-image-6.1.0-56-cloud-amd64",
                                                     "version": "6.1.192-2", "sha256": PIN.sha256}))

    def test_pin_in_the_cache_needs_no_index(self):
        first, _ = self.find()
        self.asked.clear()
        self.indexes = dict.fromkeys(self.indexes)
        again, said = self.find()
        self.assertEqual((again, said, self.asked), (first, "", []))

    def test_pin_gone(self):
        self.indexes["bookworm-security"] = without(SECURITY, ".*-6.1.0-56-.*")
        found, said = self.find()
        self.assertEqual(said.splitlines()[0],
                         "vm: 6.1: the pinned 6.1.192-2 (6.1.0-56-cloud-amd64) is not on offer: "
                         "taking the newest that can be had, 6.1.192-1 (6.1.0-55-cloud-amd64, bookworm-security)")
        identity = found.identity()
        self.assertEqual((identity["release"], identity["package"], identity["pinned"]),
                         ("6.1.0-55-cloud-amd64", "6.1.192-1", "6.1.192-2"))
        self.assertRegex(identity["packages"][0]["sha256"], "^[0-9a-f]{64}$")
        self.assertEqual(self.asked, ["bookworm-security", "bookworm"])

    def test_newest_by_number(self):
        self.indexes["bookworm-security"] = without(SECURITY, ".*-6.1.0-5[2567]-.*") + NINE
        self.indexes["bookworm"] = without(SECURITY, ".*-6.1.0-5[267]-.*")
        found, _ = self.find()
        self.assertEqual((found.release, found.offer.suite), ("6.1.0-55-cloud-amd64", "bookworm"))

    def test_pin_without_headers(self):
        self.indexes["bookworm-security"] = without(SECURITY, "linux-headers-6.1.0-56-common")
        found, said = self.find()
        self.assertEqual(found.release, "6.1.0-55-cloud-amd64")
        self.assertIn("the pinned 6.1.192-2 (6.1.0-56-cloud-amd64) is on offer without its headers: taking", said)

    def test_no_headers_at_all(self):
        self.indexes["bookworm-security"] = without(SECURITY, "linux-kbuild-6.1")
        found, said = self.find()
        self.assertEqual((found.release, found.offer.headers), (PIN.release, ()))
        self.assertEqual(said, "vm: 6.1: no headers of 6.1.0-56-cloud-amd64 are on offer: "
                               "there will be no kernel module\n")

    def test_index_names_what_is_not_delivered(self):
        self.broken = {"linux-image-6.1.0-56-cloud-amd64=6.1.192-2"}
        found, said = self.find()
        self.assertEqual(found.release, "6.1.0-55-cloud-amd64")
        self.assertIn("404", said)
        self.assertIn("the pinned 6.1.192-2 (6.1.0-56-cloud-amd64) cannot be fetched: taking", said)

    def test_another_package_under_the_version(self):
        self.indexes["bookworm-security"] = SECURITY.replace(PIN.sha256, "0" * 64)
        with self.assertRaisesRegex(LaneError, f"has sha256 {'0' * 64}, and what was measured had {PIN.sha256}"):
            self.find()
        self.assertEqual([*self.home.iterdir()], [])

    def test_suite_that_cannot_be_reached(self):
        self.indexes = {"bookworm-security": None, "bookworm": SECURITY}
        found, said = self.find()
        self.assertEqual((found.release, found.offer.suite), (PIN.release, "bookworm"))
        self.assertIn("vm: 6.1: bookworm-security cannot be fetched\n", said)
        self.indexes = dict.fromkeys(self.indexes)
        (self.home / "packages").rename(self.home / "away")
        with self.assertRaisesRegex(LaneError, "bookworm-security cannot be fetched"):
            self.find()

    def test_nothing_on_offer(self):
        self.indexes["bookworm-security"] = without(SECURITY, ".*-6.1.0-.*")
        with self.assertRaises(Gone) as raised:
            self.find()
        text = str(raised.exception)
        self.assertEqual(text, "6.1: neither the pinned 6.1.192-2 nor another kernel of the series is on offer in "
                               "bookworm-security, bookworm: put a suite that has it into scripts/kernels.toml")

    def test_another_architecture(self):
        with self.assertRaisesRegex(Misuse, "--kernel 6.1: not in scripts/kernels.toml, which has  of arm64;"):
            self.find("arm64")
        self.table["6.1"]["arm64"] = {**vars(PIN), "release": "6.1.0-56-cloud-arm64"}
        found, said = self.find("arm64")
        self.assertEqual((found.key, found.release, found.machine.qemu, said),
                         ("6.1-arm64", "6.1.0-56-cloud-arm64", "qemu-system-aarch64",
                          "vm: 6.1-arm64: linux-kbuild-6.1 6.1.192-2 is not on offer: taking 6.1.192-3, which the headers accept\n"))
        printed = io.StringIO()
        with redirect_stdout(printed):
            self.assertEqual(kernels.listing(), 0)
        self.assertIn("6.1-arm64\n  pinned    6.1.192-2 (6.1.0-56-cloud-arm64) is on offer, and is in the cache\n"
                      "  on offer  6.1.192-2 (6.1.0-56-cloud-arm64, bookworm-security)\n", printed.getvalue())
        self.assertEqual([part.package for part in found.offer.headers],
                         ["linux-headers-6.1.0-56-cloud-arm64", "linux-headers-6.1.0-56-common", "linux-kbuild-6.1"])

    def test_tools_of_the_headers_of_another_architecture(self):
        self.table["6.1"]["arm64"] = {**vars(PIN), "release": "6.1.0-56-cloud-arm64"}
        found, _ = self.find("arm64")
        theirs = found.tree / "usr/lib/linux-kbuild-6.1"
        theirs.mkdir(parents=True)
        (theirs / "theirs").touch()
        asked = []

        def unpacked(label, names, suites):
            asked.append((names, suites))
            ours = self.home / label
            (ours / "usr/lib/linux-kbuild-6.1/ours").mkdir(parents=True, exist_ok=True)
            return ours
        with mock.patch.object(module, "unpacked", unpacked):
            module.host_tools(found)
            # The second run finds the link.
            module.host_tools(found)
        version = found.offer.headers[-1].version
        self.assertEqual(asked[0], ([f"linux-kbuild-6.1={version}"], ["bookworm-security"]))
        self.assertTrue((theirs / "ours").exists())
        self.assertTrue((found.tree / "usr/lib/linux-kbuild-6.1.arm64/theirs").exists())

    def test_list(self):
        self.indexes["bookworm-security"] = without(SECURITY, ".*-6.1.0-56-.*")
        printed = io.StringIO()
        with redirect_stdout(printed):
            self.assertEqual(kernels.listing(), 0)
        self.assertEqual(printed.getvalue().splitlines(), [
            "6.1", "  pinned    6.1.192-2 (6.1.0-56-cloud-amd64) is not on offer",
            "  on offer  6.1.192-1 (6.1.0-55-cloud-amd64, bookworm-security)",
            "            6.1.180-1 (6.1.0-52-cloud-amd64, bookworm-security), no headers",
            "  takes     6.1.192-1 (6.1.0-55-cloud-amd64, bookworm-security)"])
        self.indexes["bookworm-security"] = ""
        with redirect_stderr(io.StringIO()):
            self.assertEqual(kernels.listing(), 3)


class ExitCode(unittest.TestCase):
    """Of scripts/vm itself, with an apt that has an empty index."""

    def test_nothing_on_offer(self):
        with tempfile.TemporaryDirectory() as home:
            place = Path(home) / "bin"
            place.mkdir()
            for name, text in (("apt-get", "case $* in *indextargets*) echo 'Debian|Debian-Security|file:/none'; "
                                           "echo 'Debian|Debian|file:/none' ;; esac"),
                               ("apt-cache", ""), ("qemu-system-x86_64", "")):
                (place / name).write_text(f"#!/bin/sh\n{text}\n")
                (place / name).chmod(0o755)
            env = dict(os.environ, PATH=f"{place}:{os.environ['PATH']}", XDG_CACHE_HOME=home)
            done = subprocess.run([sys.executable, VM, "run", "--kernel", "6.1", "--out", f"{home}/out", "--", "true"],
                                  capture_output=True, text=True, check=False, env=env)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (3, 1), done.stderr)
            self.assertIn("vm: 6.1: neither the pinned", done.stderr)
            self.assertFalse((Path(home) / "out").exists())


if __name__ == "__main__":
    unittest.main()
