#!/usr/bin/env python3
"""Thins the folder of a record before it is committed: scripts/thinning.py DIR.

Why: half a thousand cells about cases take 2 MB, nearly all of it figures that no page shows: time, cost and intervals
of one process each. What was seen of each case, each event that went wrong and each cell that failed stay. The
summary says in `thinned` how many rows were left out (docs/FORMAT.md), and the harness reads and shows both kinds.
"""

import json
import sys
from pathlib import Path

# Of the events that the harness keeps of a cell in missed.json, so many are committed.
MOST_MISSED = 20


def thin(place: Path) -> bool:
    """Thins both files of the record; whether the summary was thinned."""
    missed = {"cells": []}
    if (path := place / "missed.json").exists():
        missed = thinned_missed(json.loads(path.read_text()))
        write(path, missed)
    path = place / "summary.json"
    summary = json.loads(path.read_text())
    workloads = summary.get("record", {}).get("workloads", [])
    if "thinned" in summary or not any(one["model"] == "case" for one in workloads):
        return False
    write(path, thinned_summary(summary, {one["order"] for one in missed["cells"]}))
    return True


def thinned_missed(missed: dict) -> dict:
    """The events of each cell evenly thinned, at least one of each group; the totals stay."""
    for cell in missed["cells"]:
        step = -(-sum(len(group["events"]) for group in cell["groups"]) // MOST_MISSED)
        for group in cell["groups"]:
            group["events"] = group["events"][::max(step, 1)]
    return missed


def thinned_summary(summary: dict, told: set) -> dict:
    """Without the rows about cases, but for cells that failed or of which missed.json tells; and without the record,
    which is record.json."""
    cases = {one["name"] for one in summary["record"]["workloads"] if one["model"] == "case"}
    cells = [one for one in summary["cells"]
             if one["workload"] not in cases or one["status"] == "failed" or one["order"] in told]
    comparison = [one for one in summary["comparison"] if one["workload"] not in cases]
    left_out = {name: len(summary[name]) - len(rows) for name, rows in (("cells", cells), ("comparison", comparison))}
    shown = {key: value for key, value in summary.items() if key != "record"}
    return shown | {"cells": [short(one) for one in cells], "comparison": comparison,
                    "cases": [filled(one) for one in summary["cases"]], "thinned": left_out}


def short(cell: dict) -> dict:
    """Without keys in which nothing is, its kinds and fields, too."""
    parts = {name: {key: filled(one) for key, one in cell[name].items()} for name in ("kinds", "fields")}
    return filled(cell | parts)


def filled(row: dict) -> dict:
    """Those of its keys that are not 0, false, null or empty."""
    return {key: value for key, value in row.items() if value}


def write(path: Path, value: dict):
    path.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1], "summary.json").is_file():
        print("usage: scripts/thinning.py DIR: the folder of a record, with its summary.json", file=sys.stderr)
        sys.exit(2)
    thin(Path(sys.argv[1]))
