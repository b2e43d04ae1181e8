"""scripts/decides with a harness that only writes what a record has: each run is kept once, and the page counts right."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from decideslane import binomial, default, power, student

TOP = Path(__file__).parents[2]
HARNESS = """#!/usr/bin/env python3
import json, pathlib, sys
words = sys.argv[1:]
if words == ["--version"]:
    print("harness 0")
    sys.exit()
seed, place = int(words[words.index("--seed") + 1]), pathlib.Path(words[words.index("--out") + 1])
for part in ("overhead of 4 configurations", "loss: 12 sustained cells"):
    print("harness: " + part, file=sys.stderr, flush=True)
if seed == 2:
    sys.exit("harness: it failed")
slowdown = {"ratio": 1.0, "low": 0.97, "high": 1.03, "pairs": 9, "verdict": "none"}
rows = [{"configuration": one, "slowdown": slowdown} for one in ("null", "null{copy=1}", "null{burn=0.1}", "ebpf")]
place.mkdir(parents=True)
(place / "summary.json").write_text(json.dumps({
    "record": {"started": "2026", "commit": "0123456789abcdef", "sources": "x"},
    "cells": [{"experiment": "loss", "loss_tested": True}, {"experiment": "overhead", "loss_tested": False}],
    "comparison": [{"workload": "fork-bomb", **row} for row in rows], "overhead": rows,
    "noise_floor": {"all": {"residual_sd": 0.05}}}))
"""


def slowdown(low, high, verdict):
    return {"workload": "fork-bomb", "ratio": (low * high) ** 0.5, "low": low, "high": high, "pairs": 9, "verdict": verdict}


class Binomial(unittest.TestCase):
    def test_it_is_the_exact_interval(self):
        for hits, tries, low, high in ((0, 10, 0.0, 0.3085), (9, 10, 0.5550, 0.9975), (10, 10, 0.6915, 1.0), (19, 20, 0.7513, 0.9987)):
            found = binomial.interval(hits, tries)
            self.assertAlmostEqual(found[0], low, 3)
            self.assertAlmostEqual(found[1], high, 3)
        self.assertEqual(binomial.text(0, 0), "-")


class Student(unittest.TestCase):
    def test_it_is_the_law_of_the_tables(self):
        for df, point in ((1, 12.706), (15, 2.131), (200, 1.972)):
            self.assertAlmostEqual(student.quantile(df), point, 3)
            self.assertAlmostEqual(student.below(-point, df), 0.025, 4)


class Counts(unittest.TestCase):
    def test_an_overhead_is_told_where_the_whole_interval_is_moved_above_one(self):
        wide = {"configuration": power.COPY, **slowdown(0.94, 1.06, "none")}
        high = {"configuration": power.COPY, **slowdown(1.01, 1.09, "more")}
        burns = {"configuration": power.BURNS[0], **slowdown(1.04, 1.16, "more")}
        without = {"configuration": power.COPY, **dict.fromkeys(("low", "high")), "ratio": 1.2, "workload": "fork-bomb", "verdict": "unknown"}
        found = power.judged([{"rows": [wide, high, without, burns], "exit": 0}])
        # 1.65 half-widths of 6 % are 9.9 %: 0.94 becomes 1.03. Of 5 % it becomes 0.987, of 10 % 1.034.
        self.assertEqual((found["all"], found["quiet"], found["nulls"], found["told"]), (3, 2, 2, 2))
        self.assertEqual(found["power"], {"0.03": 1, "0.05": 1, "0.1": 2})
        # Of 9 degrees of freedom: beyond the reach of 2.262 standard errors by 0.57 and by 0.68 of it.
        self.assertAlmostEqual(found["by_law"], (0.886 + 0.920) / 2, 2)
        # It costs 9.8 %, and its half-width is 6 %: 1.64 of them.
        self.assertEqual((found["near"], found["near_told"]), (1, 1))

    def test_a_run_reaches_it_with_all_its_half_widths(self):
        def run(each, over_all, code=0, loss=59, tested=12):
            widths = [(workload, width) for workload, width in (("fork-bomb", each), ("static-binary", 0.01), (None, over_all))]
            return {"seed": 1, "exit": code, "load": 0.0, "seconds": {"overhead": 120, "loss": loss, "whole": 190},
                    "sustained": {"cells": 12, "tested": tested},
                    "rows": [{"workload": workload, "configuration": "ebpf", "half_width": width} for workload, width in widths]}
        found = [run(0.07, 0.04), run(0.071, 0.04), run(0.07, 0.041), run(0.01, 0.01, code=1), run(None, 0.01), run(0.01, 0.01, loss=61),
                 run(0.08, 0.05, tested=11)]
        counts = default.judged(found)
        self.assertEqual((counts["each"], counts["over_all"], counts["both"]), (3, 4, 2))
        self.assertEqual((counts["overhead"], counts["loss"], counts["tested"]), (6, 4, 5))
        self.assertIn("| both | 2 of 7", default.page([{**one, "commit": "abc"} for one in found]))


class Runs(unittest.TestCase):
    def ask(self, mode, runs, place, harness, *more):
        words = [TOP / "scripts/decides", mode, "--runs", str(runs), "--out", place, "--harness", harness, *more]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    def test_each_is_made_once_and_a_failed_one_is_kept(self):
        for mode in ("power", "default"):
            with tempfile.TemporaryDirectory() as scratch:
                harness, place = Path(scratch) / "harness", Path(scratch) / "results"
                harness.write_text(HARNESS)
                os.chmod(harness, 0o755)
                self.assertEqual(self.ask(mode, 1, place, harness).returncode, 2)
                self.assertEqual(self.ask(mode, 1, place, harness, "--any-sources").returncode, 0)
                first = (place / "runs.json").read_text()
                self.assertEqual(self.ask(mode, 3, place, harness, "--any-sources").returncode, 1)
                found = json.loads((place / "runs.json").read_text())
                self.assertEqual([(run["seed"], run["exit"]) for run in found], [(1, 0), (2, 1), (3, 0)])
                self.assertIn(first.split("\n")[1], (place / "runs.json").read_text())
                page = (place / "README.md").read_text()
                self.assertIn("1 of them failed", page)
                self.assertNotIn(scratch, page + first)
                # With nothing to make, no harness is needed.
                self.assertEqual(self.ask(mode, 0, place, Path("/nonexistent")).returncode, 0)
                self.assertEqual(page, (place / "README.md").read_text())


if __name__ == "__main__":
    unittest.main()
