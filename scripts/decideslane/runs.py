"""Runs of the harness, one after another, and what is kept of each."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

KEPT = "runs.json"


def read(place: Path) -> list:
    path = place / KEPT
    return json.loads(path.read_text()) if path.exists() else []


def write(place: Path, found: list):
    """A run a line; never half a file."""
    place.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(run) for run in found)
    scratch = place / f".{KEPT}"
    scratch.write_text(f"[\n{lines}\n]\n")
    scratch.replace(place / KEPT)


def make(harness: Path, command: list, seed: int, rows) -> dict:
    """One run, with `rows` of its summary, and when each of its parts ended, in seconds from its start."""
    with tempfile.TemporaryDirectory(prefix="rollcall-decides-") as scratch:
        record = Path(scratch) / "record"
        words = [harness, *command, "--seed", str(seed), "--out", record]
        begun, wall = time.monotonic(), time.time()
        # As when a user looks at it, without a terminal: the lines on stderr say which part begins.
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
        lines = [(round(time.monotonic() - begun, 2), line.strip()) for line in process.stderr]
        code = process.wait()
        whole = time.monotonic() - begun
        found = {"seed": seed, "exit": code, "load": os.getloadavg()[0], "seconds": parts(lines, record, wall, whole)}
        if not (record / "summary.json").exists():
            return found | {"said": [line for _, line in lines][-5:], "rows": []}
        summary = json.loads((record / "summary.json").read_text())
        about = summary["record"]
        keys = ("started", "commit", "sources", "command")
        found |= {key: about.get(key) for key in keys}
        # The folder is a scratch one.
        found["command"] = ["harness", *command]
        sustained = [cell for cell in summary["cells"] if cell["experiment"] == "loss"]
        found["sustained"] = {"cells": len(sustained), "tested": sum(cell["loss_tested"] is True for cell in sustained)}
        # How much cells of a block differ that ought not to: what the machine did, whoever else had it.
        found["noise"] = summary["noise_floor"].get("all", {}).get("residual_sd")
        return found | {"rows": rows(summary)}


def parts(lines: list, record: Path, wall: float, whole: float) -> dict:
    """When what began and ended: the harness says when a part begins, and its last cell is written at the end."""
    said = {}
    for name in ("overhead", "loss"):
        said[name] = next((at for at, line in lines if line.startswith(f"harness: {name}")), None)
    cells = [path.stat().st_mtime - wall for path in record.glob("raw/*/cell.json")]
    end = max(cells, default=whole)
    first = said["overhead"]
    loss = said["loss"]
    return {
        "before": first,
        "overhead": None if first is None else round((end if loss is None else loss) - first, 1),
        "loss": None if loss is None else round(end - loss, 1),
        "whole": round(whole, 1),
    }


def about(found: list) -> str:
    """Of which sources these runs are."""
    first = min((run.get("started") or "" for run in found), default="")
    commits = sorted({(run.get("commit") or "unknown")[:12] for run in found})
    failed = sum(run["exit"] != 0 for run in found)
    ended = f"; {failed} of them failed and count as not reached" if failed else ""
    return f"{len(found)} runs from {first} on, commit {', '.join(commits)}{ended}. `runs.json` has each."


def half(slowdown: dict):
    """Half of an interval, which one block does not give."""
    if slowdown["low"] is None or slowdown["high"] is None:
        return None
    return (slowdown["high"] - slowdown["low"]) / 2
