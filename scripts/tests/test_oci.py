"""Images of scripts/oci: one tag for two architectures, and what is no harness is refused."""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

OCI = Path(__file__).parents[1] / "oci"


def program(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(11) + machine.to_bytes(2, "little") + bytes(44)


class Images(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)
        for name, machine in (("amd64", 62), ("arm64", 183), ("other", 8)):
            (self.dir / name).write_bytes(program(machine))
            (self.dir / f"{name}.root/lib").mkdir(parents=True)
            (self.dir / f"{name}.root/lib/libc.so.6").write_text(name)

    def run_oci(self, *names):
        words = [f"{self.dir / name}" for name in names]
        return subprocess.run([sys.executable, OCI, self.dir / "image", *words], capture_output=True, text=True,
                              check=False)

    def blob(self, descriptor) -> bytes:
        data = (self.dir / "image/blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
        self.assertEqual(hashlib.sha256(data).hexdigest(), descriptor["digest"].split(":")[1])
        self.assertEqual(len(data), descriptor["size"])
        return data

    def test_one_tag_has_both_architectures(self):
        done = self.run_oci(f"amd64={self.dir}/amd64.root", f"arm64={self.dir}/arm64.root")
        self.assertEqual(done.returncode, 0, done.stderr)
        tagged = json.loads((self.dir / "image/index.json").read_text())["manifests"]
        self.assertEqual(len(tagged), 1)
        manifests = json.loads(self.blob(tagged[0]))["manifests"]
        self.assertEqual([one["platform"]["architecture"] for one in manifests], ["amd64", "arm64"])
        for one in manifests:
            arch, manifest = one["platform"]["architecture"], json.loads(self.blob(one))
            self.assertEqual(json.loads(self.blob(manifest["config"]))["architecture"], arch)
            layer = self.dir / "image/blobs" / manifest["layers"][0]["digest"].replace(":", "/")
            with tarfile.open(layer) as tar:
                self.assertEqual(tar.extractfile("usr/bin/harness").read(), (self.dir / arch).read_bytes())
                self.assertEqual(tar.extractfile("lib/libc.so.6").read(), arch.encode())
                self.assertEqual(tar.getmember("tmp").mode, 0o1777)

    def test_what_cannot_be_one_is_misuse(self):
        (self.dir / "text").write_text("#!/bin/sh\n")
        here = "arm64" if program(183)[18] != Path(sys.executable).read_bytes()[18] else "amd64"
        for name, said in (("text", "no ELF file"), ("other=" + str(self.dir / "other.root"), "no ELF file"),
                           ("missing", "no such file"), (here, "give FILE=ROOT")):
            done = self.run_oci(name)
            self.assertEqual((done.returncode, done.stdout), (2, ""), name)
            self.assertIn(said, done.stderr)
            self.assertFalse((self.dir / "image").exists())


if __name__ == "__main__":
    unittest.main()
