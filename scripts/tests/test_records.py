"""scripts/records in a tree of its own, with a cargo, a harness and a scripts/vm that only write what a record
has: what is current is left alone, what is not is made again, and nothing that is half made is put into place."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from soaklane.page import page
from thinning import MOST_MISSED, thin, thinned_missed

TOP = Path(__file__).parents[2]
TABLE = """
[small]
what = "a small one"
command = "run -m 'a|b' --reps 2"
minutes = 1
["kernels/KEY"]
what = "one in a guest"
command = "run --reps 1"
minutes = 1
guests = true
"""
HARNESS = """#!/usr/bin/env python3
import json, pathlib, subprocess, sys
words = sys.argv[1:]
sources = subprocess.run(["python3", "@TOP@/scripts/sources.py"], capture_output=True, text=True).stdout.strip()
if words == ["--version"]:
    print(f"harness 0\\ncommit {pathlib.Path('@TOP@/commit').read_text()}\\nsources {sources}")
elif words[0] == "report":
    for place in map(pathlib.Path, words[1:]):
        if len(words) == 2:
            (place / "plots").mkdir(exist_ok=True)
            (place / "plots/a.svg").write_text("<svg/>")
            (place / "README.md").write_text("page of " + (place / "summary.json").read_text())
    print("matrix of", *words[1:])
else:
    open("@TOP@/calls", "a").write(" ".join(words) + "\\n")
    place = pathlib.Path(words[words.index("--out") + 1])
    place.mkdir()
    (place / "record.json").write_text(json.dumps({"command": ["harness", *words], "sources": sources}))
    (place / "summary.json").write_text("{}")
    for name in ("report.html", "runs.csv", "raw"):
        (place / name).write_text("made on demand")
    subprocess.run([sys.argv[0], "report", place], check=True)
    sys.exit(pathlib.Path("@TOP@/fails").exists())
"""
VM = """#!/bin/sh
# run --kernel KEY --limit N --program FILE [--arch ARCH] --out OUT -- COMMAND
key=$3
[ $8 != --arch ] || { key=$key-$9; shift 2; echo "$5" >>"@TOP@/programs"; }
out=$9
shift 10
mkdir -p "$out/$key"
cd "$out/$key"
echo "{\\"scripts\\": \\"$(python3 -c 'import sys; sys.path[0] = "@TOP@/scripts"; import sources; print(sources.guests())')\\", \\"cpus\\": 2, \\"memory_mib\\": 1024}" >vm.json
"$@"
"""


class Records(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        for name in ("records", "committed.py", "sources.py", "thinning.py"):
            self.write(f"scripts/{name}", (TOP / "scripts" / name).read_text(), 0o755)
        shutil.copytree(TOP / "scripts/soaklane", self.top / "scripts/soaklane")
        shutil.copytree(TOP / "scripts/vmlane", self.top / "scripts/vmlane", ignore=shutil.ignore_patterns("tests"))
        self.write("scripts/records.toml", TABLE)
        self.write("scripts/kernels.toml", '["5.10"]\nrelease = "a"\n["6.1"]\nrelease = "b"\n[tools]\n')
        self.write("scripts/vm", VM, 0o755)
        self.write("scripts/check-kernels", "#!/bin/sh\n", 0o755)
        self.write("harness/deciding_sources.txt", "monitors/\n!tests\n")
        self.write("monitors/a.rs", "one")
        self.write("monitors/tests/a.rs", "a test")
        self.write("commit", "0123456789abcdef")
        self.write("bin/cargo", "#!/bin/sh\n", 0o755)
        self.write("target/release/harness", HARNESS, 0o755)
        for name in ("harness/contract/src/a.rs", "harness/src/watch.rs", "harness/src/cmd/watch.rs"):
            self.write(name, "")
        self.soak()
        self.git("init", "-q")

    def write(self, name, text, mode=0o644):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("@TOP@", str(self.top)))
        path.chmod(mode)

    def git(self, *words):
        subprocess.run(["git", *words], cwd=self.top, check=True)

    def records(self, *words):
        env = dict(os.environ, PATH=f"{self.top}/bin:{os.environ['PATH']}")
        done = subprocess.run([self.top / "scripts/records", *words], env=env, capture_output=True, text=True, check=False)
        self.assertNotIn("Traceback", done.stderr)
        return done.returncode, done.stdout, done.stderr

    def soak(self):
        """A soak of these sources."""
        ask = "import sys; sys.path.insert(0, sys.argv[1]); import sources; print(sources.soak())"
        done = subprocess.run(["python3", "-c", ask, self.top / "scripts"], capture_output=True, text=True, check=True)
        self.write("results/soak/soak.json", json.dumps({"commit": "0123", "sources": done.stdout.strip()}))

    def calls(self):
        path = self.top / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def made(self):
        """Everything made, and as committed."""
        code, _, said = self.records()
        self.assertEqual(code, 0, said)
        self.git("add", "results")

    def test_makes_what_is_missing_and_skips_what_is_current(self):
        self.made()
        self.assertEqual(self.calls(), ["run -m a|b --reps 2 --out small", "run --reps 1 --out 5.10",
                                        "run --reps 1 --out 6.1"])
        files = sorted(str(path.relative_to(self.top)) for path in (self.top / "results").rglob("*")
                       if path.is_file() and path.parent.name != "soak")
        pages = ["README.md", "plots/a.svg", "record.json", "summary.json"]
        guest = [*pages, "vm.json"]
        self.assertEqual(files, [*(f"results/kernels/5.10/{name}" for name in guest),
                                 *(f"results/kernels/6.1/{name}" for name in guest), "results/kernels/README.md",
                                 *(f"results/small/{name}" for name in pages)])
        self.assertEqual((self.top / "results/kernels/README.md").read_text(), "matrix of kernels/5.10 kernels/6.1\n")
        code, _, said = self.records()
        self.assertEqual((code, self.calls()), (0, []), said)
        self.assertEqual(self.records("--stale")[:2], (0, ""))

    def test_a_command_that_is_measured_gets_no_word_of_ours(self):
        self.write("scripts/records.toml", TABLE + '["make"]\nwhat = "a command"\ncommand = "run -m a -- make -j2"\nminutes = 1\n')
        self.made()
        self.assertIn("run -m a --out make -- make -j2", self.calls())
        self.assertEqual(self.records("--stale")[:2], (0, ""))

    def test_events_are_thinned_and_totals_stay(self):
        def groups(*sizes):
            return [{"total": 9000, "events": [[pid, 0] for pid in range(size)]} for size in sizes]

        found = thinned_missed({"cells": [{"groups": groups(990, 10, 1)}, {"groups": groups(MOST_MISSED)}]})["cells"]
        many, few = [[len(group["events"]) for group in cell["groups"]] for cell in found]
        self.assertEqual((many, few), ([20, 1, 1], [MOST_MISSED]))
        self.assertEqual([event[0] for event in found[0]["groups"][0]["events"][:3]], [0, 51, 102])
        self.assertEqual({group["total"] for cell in found for group in cell["groups"]}, {9000})

    def test_of_cases_what_was_seen_stays(self):
        def cell(order, workload, status="ok"):
            return {"order": order, "workload": workload, "status": status, "kinds": {"fork": {"offered": True, "missed": 0}},
                    "fields": {"exe": {"offered": False, "wrong": 0}}, "unrelated": 0, "error": None}

        workloads = [{"name": "a", "model": "case"}, {"name": "b", "model": "tree"}]
        cells = [cell(0, "a"), cell(1, "a"), cell(2, "a", "failed"), cell(3, "b")]
        summary = {"record": {"workloads": workloads}, "cells": cells, "comparison": [{"workload": "a"}, {"workload": "b"}],
                   "cases": [{"workload": "a", "same": True, "error": None}]}
        self.write("record/summary.json", json.dumps(summary))
        self.write("record/missed.json", json.dumps({"cells": [{"order": 1, "groups": []}]}))
        self.assertTrue(thin(self.top / "record"))
        found = json.loads((self.top / "record/summary.json").read_text())
        self.assertEqual([one["order"] for one in found["cells"] if "order" in one], [1, 2, 3])
        self.assertEqual(found["cells"][0], {"order": 1, "workload": "a", "status": "ok", "kinds": {"fork": {"offered": True}},
                                             "fields": {"exe": {}}})
        self.assertEqual((found["comparison"], found["cases"]), ([{"workload": "b"}], [{"workload": "a", "same": True}]))
        self.assertEqual((found["thinned"], "record" in found), ({"cells": 1, "comparison": 1}, False))
        self.assertFalse(thin(self.top / "record"), "it is thinned already")
        summary["record"]["workloads"] = workloads[1:]
        self.write("record/summary.json", json.dumps(summary))
        self.assertFalse(thin(self.top / "record"), "it has no cases")
        self.assertEqual(json.loads((self.top / "record/summary.json").read_text()), summary)

    def test_guests_of_another_architecture(self):
        self.write("scripts/records.toml", TABLE + '["arm64/KEY"]\nwhat = "there"\ncommand = "run --reps 1"\nminutes = 1\n'
                   'guests = true\narch = "arm64"\n')
        self.write("scripts/kernels.toml", '["5.10"]\nrelease = "a"\n["6.1"]\nrelease = "b"\n["6.1".arm64]\nrelease = "c"\n[tools]\n')
        built = "target/cross/aarch64-unknown-linux-gnu/release/harness"
        self.write("scripts/cross", "#!/bin/sh\nexit 1\n", 0o755)
        code, _, said = self.records("--only", "arm64/6.1")
        self.assertEqual((code, self.calls()), (1, []), said)
        self.assertIn("the harness cannot be built for arm64: see what scripts/cross build says", said)
        self.write("scripts/cross", f"#!/bin/sh\n[ $1 = build ] && mkdir -p @TOP@/{Path(built).parent} && touch @TOP@/{built}\n",
                   0o755)
        self.made()
        self.assertEqual(self.calls()[-1], "run --reps 1 --out 6.1")
        self.assertEqual((self.top / "programs").read_text(), f"{self.top / built}\n")
        self.assertTrue((self.top / "results/arm64/6.1/vm.json").is_file())
        self.assertEqual(self.records("--stale")[:2], (0, ""))
        self.write("monitors/a.rs", "two")
        self.assertIn("arm64/6.1: was made by other sources", self.records("--stale")[1])

    def test_stale_ones_are_told_and_made_again(self):
        self.made()
        self.calls()
        self.write("monitors/tests/a.rs", "another test")
        self.assertEqual(self.records("--stale")[:2], (0, ""))
        self.write("scripts/kernels.toml", '["5.10"]\nrelease = "c"\n["6.1"]\nrelease = "d"\n[tools]\n')
        self.assertEqual(self.records("--stale")[:2], (0, ""))
        self.write("scripts/records.toml", TABLE + 'vm = "--cpus 1"\n')
        self.assertEqual(self.records("--stale")[1].count("was made in a guest of another size"), 2)
        self.write("scripts/records.toml", TABLE + 'vm = "--append x --cpus 2"\n')
        self.assertEqual(self.records("--stale")[:2], (0, ""))
        self.write("scripts/records.toml", TABLE)
        self.write("scripts/vmlane/qemu.py", "")
        code, said, _ = self.records("--stale")
        self.assertEqual((code, said), (1, "kernels/5.10: was made by other scripts (1 min)\n"
                                           "kernels/6.1: was made by other scripts (1 min)\n"))
        self.write("monitors/a.rs", "two")
        code, said, _ = self.records("--stale")
        self.assertEqual((code, said.count("was made by other sources, of commit")), (1, 4), said)
        self.assertEqual(self.records("--only", "small")[0], 0)
        self.assertEqual(len(self.calls()), 1)
        self.write("scripts/records.toml", TABLE.replace("--reps 2", "--reps 3"))
        self.assertIn("small: was made by another command", self.records("--stale")[1])

    def test_nothing_half_made_is_put_into_place(self):
        self.made()
        before = (self.top / "results/small/record.json").read_text()
        self.write("monitors/a.rs", "two")
        self.write("fails", "")
        code, _, said = self.records("--only", "small")
        self.assertEqual(code, 1, said)
        self.assertIn("small: ended with exit code 1", said)
        self.assertEqual((self.top / "results/small/record.json").read_text(), before)
        kept = [path.name for path in (self.top / "results").iterdir()]
        self.assertEqual(len([name for name in kept if name.startswith("run-failed-small-")]), 1, kept)
        self.assertFalse([name for name in kept if name.startswith(".partial")], kept)

    def test_sources_that_are_not_committed_make_no_record(self):
        self.write("commit", "0123-dirty")
        code, _, said = self.records()
        self.assertEqual((code, self.calls()), (1, []))
        self.assertIn("commit them", said)

    def test_a_soak_is_old_when_what_it_ran_was_changed(self):
        self.made()
        self.write("harness/src/other.rs", "not of the watch")
        self.assertEqual(self.records("--stale")[:2], (0, ""))
        self.write("harness/src/watch/filter.rs", "of the watch")
        told = "soak: was made by other sources, of commit 0123 (60 min, by scripts/soak)\n"
        self.assertEqual(self.records("--stale")[:2], (1, told))
        self.assertEqual(self.records("--stale", "--only", "small")[:2], (0, ""))
        (self.top / "results/soak/soak.json").unlink()
        self.assertEqual(self.records("--stale")[:2], (1, "soak: is missing (60 min, by scripts/soak)\n"))

    def test_check(self):
        self.made()
        self.write("results/soak/soak.json", (TOP / "scripts/tests/soak.json").read_text())
        self.write("results/soak/README.md", page(json.loads((TOP / "scripts/tests/soak.json").read_text())))
        self.assertEqual(self.records("--check")[0], 0)
        for name, text, part in (
                ("results/small/README.md", "by hand", "results/small/README.md is not what summary.json gives"),
                ("results/small/plots/b.svg", "", "results/small/plots/b.svg is not what summary.json gives"),
                ("results/small/runs.csv", "x", "results/small/runs.csv is made on demand"),
                ("results/soak/README.md", "x", "results/soak/README.md is not what soak.json gives"),
                ("results/kernels/README.md", "x", "results/kernels/README.md is not what its records give")):
            with self.subTest(name=name):
                old = (self.top / name).read_text() if (self.top / name).exists() else None
                self.write(name, text)
                self.git("add", "-f", name)
                code, said, _ = self.records("--check")
                self.assertEqual((code, said.count("\n")), (1, 1), said)
                self.assertIn(part, said)
                self.git("rm", "-q", "--cached", name)
                if old is None:
                    (self.top / name).unlink()
                else:
                    self.write(name, old)
                    self.git("add", name)

    def test_misuse(self):
        code, _, said = self.records("--only", "x")
        self.assertEqual((code, said), (2, "records: --only x: scripts/records.toml has small, kernels/5.10, kernels/6.1\n"))
        self.write("scripts/records.toml", TABLE.replace("minutes = 1", "minutes = 61", 1))
        code, _, said = self.records()
        self.assertEqual(code, 2)
        self.assertIn("at most 60", said)
        self.write("scripts/records.toml", TABLE)
        self.made()
        self.write("results/old/summary.json", "{}")
        self.git("add", "results/old")
        code, said, _ = self.records("--stale")
        self.assertEqual((code, said), (1, "old: is not in scripts/records.toml: remove it\n"))


if __name__ == "__main__":
    unittest.main()
