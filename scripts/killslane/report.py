"""What was killed, what was looked at, and what was found wrong."""

import json
import platform
import shutil
import subprocess
from collections import Counter
from pathlib import Path

TOP = Path(__file__).parents[2]
SIDES = ("monitor in a cell", "run in a cell", "run between cells", "watch")
BASELINE = "null"
WHAT = """Each line: SIGKILLs at random points. *Left on* of them: something was switched on or left behind after the kill, until
the next start. *Cells looked at* are those of the run that goes on after its monitors were killed: in a cell under one
technique nothing of another may be on, in a baseline nothing at all; *at once* counts the cells, and the baselines, that
came right after a killed monitor. What is looked at: rules and settings of audit, the proc connector (by a listener that
asks for nothing), BPF links and programs, perf events, netlink listeners, tracefs, accounting (by what the end of a
process writes), control groups, files in /run, /dev/shm and the temporary folders, processes. Accounting is on in every cell,
also in baselines: it is the cross-check's. So it is looked at after the next start only."""


class Found:
    def __init__(self):
        self.kills, self.left_on, self.cells, self.at_once = Counter(), Counter(), Counter(), Counter()
        self.faults, self.previous = [], ""

    def wrong(self, where: str, what: str):
        self.faults.append(f"{where}: {what}")

    def left(self, technique: str, side: str, something: bool):
        self.kills[technique, side] += 1
        self.left_on[technique, side] += something

    def monitor_killed(self, technique: str):
        """In the cell that was looked at last."""
        self.kills[technique, SIDES[0]] += 1
        self.previous = technique

    def cell(self, technique: str, differences: dict):
        """A cell of a run, and what was on in it."""
        kind = "baseline" if technique == BASELINE else "other"
        self.cells[kind] += 1
        if self.previous:
            self.at_once[self.previous, kind] += 1
        for name, change in differences.items():
            after = f" after {self.previous} was killed" if self.previous else ""
            self.wrong(f"a cell under {technique}{after}", f"{name} {change}")
        self.previous = ""

    def statuses(self, record: Path):
        """Of the cells of the run whose monitors were killed: only theirs fail."""
        cells = [json.loads(path.read_text()) for path in record.glob("raw/*/cell.json")]
        failed = [cell for cell in cells if cell["status"] != "ok"]
        for cell in failed:
            if cell["configuration"] == BASELINE:
                self.wrong("a baseline", str(cell["error"]))
        killed = sum(count for (_, side), count in self.kills.items() if side == SIDES[0])
        if len(failed) > killed:
            self.wrong("run", f"{len(failed)} cells failed, {killed} monitors were killed")

    def page(self, command: str, techniques, seed: int) -> str:
        head = ["technique", *SIDES, "left on by run", "left on by watch", "other cells at once", "baselines at once"]
        lines = ["# Kills", "", f"`{command}`, seed {seed}, commit `{commit()}`, Linux {platform.release()}", "",
                 f"{sum(self.kills.values())} SIGKILLs; {self.cells['baseline']} baselines and {self.cells['other']} other cells "
                 f"were looked at; {len(self.faults)} faults.", "", row(head), "|" + "---|" * len(head)]
        lines += [row(self.of(technique)) for technique in techniques]
        lines += ["", *WHAT.split("\n"), "", *(f"* FAULT: {fault}" for fault in self.faults)]
        return "\n".join(lines).rstrip() + "\n"

    def of(self, technique: str) -> list:
        left = [sum(self.left_on[technique, side] for side in sides) for sides in (SIDES[1:3], SIDES[3:])]
        return [technique, *(self.kills[technique, side] for side in SIDES), *left,
                self.at_once[technique, "other"], self.at_once[technique, "baseline"]]


def row(cells) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def commit() -> str:
    if shutil.which("git") is None:
        return "unknown"
    done = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=40"], cwd=TOP, capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() or "unknown"
