"""Debian packages in an image: what is taken, under which name it is recorded, and what goes before what."""

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from vmlane import LaneError, Misuse, image, lane, packages
from vmlane.kernels import Kernel
from vmlane.machines import AMD64
from vmlane.offers import Offer


class InAnImage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)

    def packed(self, *names):
        """A folder of unpacked packages that holds these files; the content of each is its name."""
        tree = self.home / "packed"
        for name in names:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(name)
        return tree

    def test_a_version_is_that_of_the_file(self):
        for name in ("sysdig_0.41.4+repack-4+b1_amd64.deb", "passwd_1%3a4.17-2_amd64.deb"):
            (self.home / name).touch()
        self.assertEqual(packages.versions(self.home), {"sysdig": "0.41.4+repack-4+b1", "passwd": "1:4.17-2"})

    def test_what_is_asked_for_is_fetched_together_and_named(self):
        tree = self.packed("usr/bin/tool")
        (tree / packages.VERSIONS).write_text(json.dumps({"tool": "1-1", "library": "2-1"}))
        with mock.patch.object(lane, "unpacked", return_value=tree) as unpacked:
            self.assertEqual(lane.installed(["tool"], "sid", AMD64), (tree, {"tool": "1-1"}))
        self.assertEqual(unpacked.call_args.args, ("with-tool-sid", ["tool"], ["sid"]))
        self.assertTrue(unpacked.call_args.kwargs["whole"])
        self.assertEqual(lane.installed([], "sid", AMD64), (None, {}))
        for name in ("tool=1-1", "Tool", "--help"):
            with self.subTest(name=name), self.assertRaises(Misuse) as raised:
                lane.installed([name], "sid", AMD64)
            self.assertIn(f"--package {name}: give the name of a package", str(raised.exception))

    def test_packages_go_before_programs_of_this_machine(self):
        packed = self.packed("usr/bin/mawk", "usr/lib/library.so", "usr/share/doc/tool/copyright")
        # A release with merged folders has such links, and the image has its own.
        (packed / "bin").symlink_to("usr/bin")
        tree = image.Tree(self.home / "root", AMD64)
        tree.package(packed)
        own = self.home / "library.so"
        own.write_text("of this machine")
        tree.put(own, "/lib/library.so")
        root = self.home / "root"
        self.assertEqual((root / "usr/lib/library.so").read_text(), "usr/lib/library.so")
        self.assertEqual((root / "usr/bin/awk").read_text(), "usr/bin/mawk")
        self.assertEqual((root / "bin").readlink(), Path("usr/bin"))
        self.assertFalse((root / "usr/share/doc").exists())

    def test_headers_are_found_where_the_kernel_says(self):
        release = "6.12.1+deb12-cloud-amd64"
        tree = self.packed(f"usr/src/linux-headers-{release}/Makefile", "usr/src/linux-headers-6.12.1+deb12-common/Makefile")
        offer = Offer("sid", release, "6.12.1-1", ("image",), ("headers",))
        (self.home / "root").mkdir()
        image.headers(self.home / "root", Kernel("6.12", self.home / "vmlinuz", tree, offer))
        links = {name: (self.home / "root/usr/lib/modules" / release / name).readlink() for name in ("build", "source")}
        for link in links.values():
            self.assertTrue((self.home / "root" / str(link).lstrip("/") / "Makefile").is_file(), link)
        with self.assertRaises(LaneError) as raised:
            image.headers(self.home, Kernel("6.18", self.home / "vmlinuz", tree, Offer("sid", "6.18", "6.18-1", ("image",), ())))
        self.assertIn("--headers: there are none of 6.18 on offer", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
