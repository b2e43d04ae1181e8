"""The record of a tamper matrix; `harness report` makes its page."""

import json
import math
import platform
import statistics
from pathlib import Path

from killslane.report import commit
from tamperlane.plan import ACTS, ADVERSARIES

# Of three repetitions, two degrees of freedom; 95 %.
T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}


def interval(values: list):
    """Mean and its 95 % interval, from repetitions."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return [mean, None, None]
    half = T.get(len(values), 2.0) * statistics.stdev(values) / math.sqrt(len(values))
    return [round(mean, 3), round(max(0.0, mean - half), 3), round(mean + half, 3)]


def summary(cells: list) -> list:
    """One entry for each act, technique, adversary and place."""
    groups = {}
    for cell in cells:
        groups.setdefault((cell["workload"], cell["configuration"], cell["adversary"], cell["guest"]), []).append(cell)
    return [together(*key, of) for key, of in groups.items()]


def together(workload: str, configuration: str, who: str, guest: str | None, cells: list) -> dict:
    ok = [cell["tamper"] for cell in cells if cell["status"] == "ok"]
    bad = next((cell for cell in cells if cell["status"] != "ok"), None)
    entry = {"workload": workload, "technique": cells[0]["technique"], "configuration": configuration, "adversary": who, "repetitions": len(ok),
             "status": bad["status"] if bad else "ok", "error": bad["error"] if bad else None, "guest": guest,
             "kernels": sorted({cell["kernel"] for cell in cells}), "commits": sorted({cell["commit"] for cell in cells})}
    if ok:
        worst = ["refused", "without effect", "told", "told late", "silent"]
        results = [one["result"] for one in ok]
        shares = [one["events_lost"] / one["events_due"] for one in ok if one["events_due"]]
        unseen = [one["events_unseen"] / one["events_due"] for one in ok if one["events_due"]]
        times = [one["told_s"] for one in ok if one["told_s"] is not None]
        entry |= {"result": max(results, key=worst.index), "same": len(set(results)) == 1,
                  "lost_share": interval(shares) if shares else None,
                  "unseen_share": interval(unseen) if unseen else None, "lost": [one["events_lost"] for one in ok],
                  "due": [one["events_due"] for one in ok], "forged": [one["events_forged"] for one in ok],
                  "told_s": interval(times) if times else None, "told_by": sorted({one["told_by"] for one in ok if one["told_by"]}),
                  "answer": ok[0]["answer"], "said": ok[0]["said"]}
    return entry


def head(command: str, probes: list) -> dict:
    """Of a record; the tree is looked at when it begins."""
    return {"command": command, "commit": commit(), "kernel": platform.release(), "probes": probes}


def write(folder: Path, cells: list, about: dict):
    folder.mkdir(parents=True, exist_ok=True)
    acts = [{"name": act.name, "options": act.options, "analysis": act.analysis} for act in ACTS]
    adversaries = [{"name": name, "what": what} for name, what in ADVERSARIES.items()]
    record = {"format": 2, "record": about, "adversaries": adversaries, "acts": acts, "cells": cells, "tamper": summary(cells)}
    (folder / "tamper.json").write_text(json.dumps(record, separators=(",", ":")) + "\n")
