"""The record of a tamper matrix, and its page."""

import json
import math
import platform
import statistics
from pathlib import Path

from killslane.report import commit, row
from tamperlane.plan import ACTS, ADVERSARIES, TECHNIQUES, label

# Of three repetitions, two degrees of freedom; 95 %.
T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
WORDS = """*refused*: the kernel refused it. *told*: within a second, by the monitor or, where it says so, by the process that
started it, which the kernel tells of stops and ends. *told late*: later, or when the monitor could go on. *silent*: never.
*without effect*: it was allowed, and every exec was reported in time. In brackets: the share of the execs after the act, until it
was told or for two and a half seconds, that were never reported (*lost*) or only when the act was over (*late*); events that the adversary
made up and the monitor reported (*forged*); and the seconds until it was told, with the 95 % interval of the repetitions."""


def interval(values: list):
    """Mean and its 95 % interval, from repetitions."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return [mean, None, None]
    half = T.get(len(values), 2.0) * statistics.stdev(values) / math.sqrt(len(values))
    return [round(mean, 3), round(max(0.0, mean - half), 3), round(mean + half, 3)]


def summary(cells: list) -> list:
    """One entry for each act, technique and adversary."""
    groups = {}
    for cell in cells:
        groups.setdefault((cell["workload"], cell["configuration"], cell["adversary"]), []).append(cell)
    return [together(*key, of) for key, of in groups.items()]


def together(workload: str, configuration: str, who: str, cells: list) -> dict:
    ok = [cell["tamper"] for cell in cells if cell["status"] == "ok"]
    bad = next((cell for cell in cells if cell["status"] != "ok"), None)
    entry = {"workload": workload, "configuration": configuration, "adversary": who, "repetitions": len(ok),
             "status": bad["status"] if bad else "ok", "error": bad["error"] if bad else None}
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


def head(command: str) -> dict:
    """Of a record; the tree is looked at when it begins."""
    return {"command": command, "commit": commit(), "kernel": platform.release()}


def write(folder: Path, cells: list, about: dict):
    folder.mkdir(parents=True, exist_ok=True)
    record = {"format": 2, "record": about, "cells": cells, "tamper": summary(cells)}
    (folder / "tamper.json").write_text(json.dumps(record, indent=1) + "\n")
    (folder / "README.md").write_text(page(record))


def page(record: dict) -> str:
    found = {(one["workload"], one["configuration"], one["adversary"]): one for one in record["tamper"]}
    about = record["record"]
    lines = ["# Who can blind a monitor, and does it say so", "", f"`{about['command']}`, commit `{about['commit']}`, "
             f"Linux {about['kernel']}; {len(record['cells'])} cells", "", *WORDS.split("\n"), ""]
    lines += [f"* **{name}**: {what}" for name, what in ADVERSARIES.items()]
    for technique in TECHNIQUES:
        acts = [act for act in ACTS if technique in act.techniques and
                any((f"tamper/{act.name}", label(act, technique), who) in found for who in ADVERSARIES)]
        if not acts:
            continue
        lines += ["", f"## {technique}", "", row(["act", *ADVERSARIES]), "|" + "---|" * (1 + len(ADVERSARIES))]
        for act in acts:
            ones = [found.get((f"tamper/{act.name}", label(act, technique), who)) for who in ADVERSARIES]
            options = f" `{act.options}`" if act.options else ""
            lines.append(row([f"[{act.name}](#{act.name}){options}", *map(words, ones)]))
    lines += ["", "## The acts"]
    for act in ACTS:
        lines += ["", f"### {act.name}", "", act.analysis]
        for one in record["tamper"]:
            if one["workload"] == f"tamper/{act.name}" and one.get("answer") and one["result"] in ("refused", "without effect"):
                lines.append(f"* {one['configuration']}, {one['adversary']}: `{one['answer']}`")
            elif one["workload"] == f"tamper/{act.name}" and one.get("said"):
                lines.append(f"* {one['configuration']}, {one['adversary']}, by {', '.join(one['told_by'])}: `{one['said']}`")
    return "\n".join(lines) + "\n"


def words(one) -> str:
    if one is None:
        return "not run"
    if "result" not in one:
        return f"{one['status']}: {one['error']}"
    text = one["result"] if one["same"] else f"{one['result']}, not each time"
    if one["status"] != "ok":
        text += f"; {one['status']}: {one['error']}"
    inner = []
    if one["result"] not in ("refused", "without effect") and one["lost_share"]:
        inner.append(f"{one['lost_share'][0]:.0%} lost")
        late = one["unseen_share"][0] - one["lost_share"][0]
        if late > 0.005:
            inner.append(f"{late:.0%} late")
    if any(one["forged"]):
        inner.append(f"{sum(one['forged'])} forged in {one['repetitions']}")
    if one["told_s"]:
        mean, low, high = one["told_s"]
        inner.append(f"{mean:.2f} s" + (f", {low:.2f} to {high:.2f}" if low is not None else ""))
    if any("starting" in by for by in one["told_by"]):
        inner.append("by its starter")
    return f"{text} ({', '.join(inner)})" if inner else text
