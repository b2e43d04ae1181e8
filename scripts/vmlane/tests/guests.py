"""What can go wrong in a guest, with real guests, so not found by discovery: it takes QEMU, the archive and
about a minute. python3 -m unittest vmlane.tests.guests, in scripts/"""

import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

VM = Path(__file__).parents[2] / "vm"


class InTheGuest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name) / "out"

    def start(self, *words):
        return subprocess.Popen(
            [sys.executable, VM, "run", "--kernel", "5.10", "--accel", "tcg", "--no-module",
             "--out", self.out, *words], stderr=subprocess.PIPE, text=True,
            # A shell without job control starts what runs in the background with SIGINT ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def fails(self, code, part, *words):
        with self.start(*words) as lane:
            said = lane.stderr.read()
        self.assertEqual(lane.returncode, code, said)
        self.assertIn(part, said)
        self.nothing_left()

    def nothing_left(self):
        kept = [path.name for path in self.out.iterdir()] if self.out.exists() else []
        self.assertLessEqual(set(kept), {"5.10.console.log"})
        running = [path for path in Path("/proc").glob("[0-9]*/cmdline") if self.names_us(path)]
        self.assertEqual(running, [])

    def names_us(self, path):
        try:
            return str(self.out).encode() in path.read_bytes()
        except OSError:
            return False

    def test_driver_missing(self):
        self.fails(1, "it needs NVMe and ext4 built in", "--append", "initcall_blacklist=nvme_init",
                   "--limit", "60", "--", "true")

    def test_out_of_memory(self):
        # By itself this file system takes half of the memory, and is full before the guest is.
        self.fails(1, "the guest ran out of memory: give --memory 256", "--memory", "128", "--limit", "90",
                   "--", "sh", "-c", "mount -o remount,size=100% /dev/shm; exec dd if=/dev/zero of=/dev/shm/x bs=1M")

    def test_result_too_large(self):
        self.fails(1, "and its disk 2 MiB: give --disk", "--disk", "2", "--limit", "60",
                   "--", "dd", "if=/dev/zero", "of=big", "bs=1M", "count=5")

    def test_hangs(self):
        self.fails(1, "the guest had not finished after 12 s: give --limit", "--limit", "12", "--", "sleep", "1000")

    def test_exit_code_comes_over(self):
        with self.start("--limit", "60", "--", "sh", "-c", "echo hi >a; exit 7") as lane:
            said = lane.stderr.read()
        self.assertEqual(lane.returncode, 7, said)
        self.assertEqual((self.out / "5.10/a").read_text(), "hi\n")

    def test_interrupted(self):
        with self.start("--limit", "60", "--", "sh", "-c", "echo it runs; sleep 1000") as lane:
            for line in lane.stderr:
                if "it runs" in line:
                    break
            lane.send_signal(signal.SIGINT)
            said = lane.stderr.read()
        self.assertEqual(lane.returncode, 130, said)
        self.assertIn("the guest is gone", said)
        self.nothing_left()


if __name__ == "__main__":
    unittest.main()
