"""Runs the steps of ../action.yml as its service does, each by its own shell, in an empty workspace, and fails unless a
record comes of it.

Why: the schema knows the keys of an action and not what its commands do. The build is left out: the harness is given.
Usage: try-action.py HARNESS, with ruamel.yaml"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

ACTION = Path(__file__).parent.parent / "action.yml"
GIVEN = {"arguments": "run -m procfs -w case/end-exit --reps 1", "out": "a record"}


def value(text: str, inputs: dict) -> str:
    return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: inputs[found[1]], text)


def main() -> None:
    action = YAML(typ="safe").load(ACTION.read_text(encoding="utf-8"))
    inputs = {name: one.get("default", "") for name, one in action["inputs"].items()} | GIVEN
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "target/release").mkdir(parents=True)
        shutil.copy(sys.argv[1], work / "target/release/harness")
        # The measuring steps become root by it; without it this already is root.
        (work / "sudo").write_text('#!/bin/sh\n[ "$1" != -E ] || shift\nexec "$@"\n')
        (work / "sudo").chmod(0o755)
        named = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", "CARGO_TARGET_DIR": "target"}
        env = os.environ | {name: str(work / file) for name, file in named.items()} | {"GITHUB_ACTION_PATH": folder}
        env["PATH"] = f"{folder}:{env['PATH']}"
        for step in action["runs"]["steps"]:
            if step["run"].startswith("cargo build"):
                continue
            more = {name: value(text, inputs) for name, text in step.get("env", {}).items()}
            subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=work, env=env | more, check=True,
                           stdout=subprocess.DEVNULL)
        assert (work / "output").read_text(encoding="utf-8") == f"record={GIVEN['out']}\n"
        assert "procfs" in (work / "summary").read_text(encoding="utf-8")
        record = work / GIVEN["out"]
        assert (record / "summary.json").is_file() and not (record / "raw").exists()
    print("ok -- the action's steps make a record")


main()
