"""scripts/kills: what it reads of the kernel, what it finds changed, and what it says of that."""

import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from killslane import kernel, report, runs, state

NETLINK = """sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
00000000c3c9b2a1 0   1234       00000011 0        0        0     2        0        1
00000000c3c9b2a2 9   0          00000000 0        0        0     2        0        2
00000000c3c9b2a3 9   77         00000001 0        0        0     2        0        3
00000000c3c9b2a4 11  78         00000001 0        0        0     2        0        4
"""


class Kernel(unittest.TestCase):
    def test_messages_are_told_apart(self):
        data = b"".join(kernel.HEAD.pack(16 + len(body), kind, 0, 1, 0) + body + b"\0" * (-len(body) % 4)
                        for kind, body in ((1013, b"rule!"), (3, b"\0\0\0\0")))
        self.assertEqual(list(kernel.messages(data)), [(1013, b"rule!"), (3, b"\0\0\0\0")])
        self.assertEqual(list(kernel.messages(data[:7])), [])

    def test_listeners_are_those_in_a_group_of_audit_or_the_connector(self):
        self.assertEqual(kernel.listeners(NETLINK), 2)

    def test_in_whose_name_a_file_was_written(self):
        reader, writer = os.pipe2(os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        os.write(writer, b"".join(kernel.EVENT.pack(24, 3, 0, 24, kernel.FAN_MODIFY, -1, pid) for pid in (7, 8)))
        self.assertEqual([event[6] for event in kernel.events(reader)], [7, 8])
        os.close(writer)


class Ends(unittest.TestCase):
    SCRIPT = """
import sys, tempfile, time
from child import clears_up_when_told
clears_up_when_told()
with tempfile.TemporaryDirectory() as name:
    for number in range(2000):
        open(f"{name}/{number}", "w").close()
    print(name, flush=True)
    time.sleep(60)
"""

    def test_a_second_signal_does_not_disturb_the_clearing_up(self):
        scripts = Path(__file__).parents[1]
        with subprocess.Popen(["python3", "-c", self.SCRIPT], cwd=scripts, stdout=subprocess.PIPE, text=True) as script:
            folder = Path(script.stdout.readline().strip())
            self.assertTrue(folder.is_dir())
            while script.poll() is None:
                script.terminate()
                time.sleep(0.001)
        self.assertEqual((script.returncode, folder.exists()), (143, False))


class State(unittest.TestCase):
    BEFORE = {"audit": (("rules", 0), ("enabled", 0)), "connector": False, "bpf": frozenset({3})}

    def test_what_changed_is_named(self):
        now = {"audit": (("rules", 5), ("enabled", 0)), "connector": True, "bpf": frozenset({4})}
        self.assertEqual(state.differences(self.BEFORE, self.BEFORE), {})
        self.assertEqual(state.differences(self.BEFORE, now),
                         {"audit": "+('rules', 5) -('rules', 0)", "connector": "False became True", "bpf": "+4 -3"})
        self.assertEqual(set(state.differences(self.BEFORE, now, {"audit"})), {"connector", "bpf"})

    def test_names_of_ours(self):
        with tempfile.TemporaryDirectory() as name:
            for one in ("rollcall-preload-7-x", "other"):
                (Path(name) / one).mkdir()
            self.assertEqual(state.named(Path(name)), {f"{name}/rollcall-preload-7-x"})
            self.assertEqual(state.named(Path(name) / "none"), set())

    def test_options_are_no_part_of_a_technique(self):
        self.assertEqual([runs.technique(label) for label in ("audit", "audit{backlog=1k}")], ["audit", "audit"])


class Found(unittest.TestCase):
    def setUp(self):
        self.found = report.Found()

    def test_a_cell_is_held_against_the_kill_before_it(self):
        self.found.cell("null", {})
        self.found.monitor_killed("audit")
        self.found.cell("null", {"audit": "+5"})
        self.found.cell("ebpf", {"audit": "+5"})
        self.assertEqual(self.found.faults, ["a cell under null after audit was killed: audit +5",
                                             "a cell under ebpf: audit +5"])
        self.found.left("audit", "watch", True)
        page = self.found.page("scripts/kills HARNESS", ["audit", "perf"], 7)
        self.assertIn("2 SIGKILLs; 2 baselines and 1 other cells were looked at; 2 faults.", page)
        self.assertIn("| audit | 1 | 0 | 0 | 1 | 0 | 1 | 0 | 1 |\n| perf | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |\n", page)
        self.assertIn("* FAULT: a cell under ebpf: audit +5\n", page)

    def test_only_killed_monitors_fail_their_cells(self):
        def cell(folder, number, configuration, status):
            place = Path(folder) / f"raw/{number}"
            place.mkdir(parents=True)
            one = {"configuration": configuration, "status": status, "error": "it exited"}
            (place / "cell.json").write_text(json.dumps(one))
        self.found.monitor_killed("audit")
        with tempfile.TemporaryDirectory() as folder:
            cell(folder, 1, "audit", "failed")
            cell(folder, 2, "null", "ok")
            self.found.statuses(Path(folder))
            self.assertEqual(self.found.faults, [])
            cell(folder, 3, "null", "failed")
            self.found.statuses(Path(folder))
        self.assertEqual(self.found.faults, ["a baseline: it exited", "run: 2 cells failed, 1 monitors were killed"])


if __name__ == "__main__":
    unittest.main()
