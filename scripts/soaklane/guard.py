"""What has to hold before a soak begins: its sources are committed, the machine is as found."""

import signal
import subprocess
import sys
from pathlib import Path

import sources
from soaklane import SoakError

TOP = Path(__file__).parents[2]


def say(text: str):
    print(f"soak: {text}", file=sys.stderr, flush=True)


def git(*words) -> subprocess.CompletedProcess:
    return subprocess.run(["git", *words], cwd=TOP, capture_output=True, text=True, check=False)


def version(harness: Path) -> dict:
    """What `harness --version` names."""
    try:
        found = subprocess.run([harness, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise SoakError(f"{harness} cannot be run: cargo build --release --bin harness", 2) from None
    return dict(line.split(" ", 1) for line in found.splitlines() if " " in line)


def unclean(commit: str) -> str:
    """Why a record would not name the code that ran; empty when it does."""
    paths = [*sources.SOAK, "scripts/soak", "scripts/soaklane"]
    if git("diff", "--quiet", commit.removesuffix("-dirty"), "--", *sources.SOAK).returncode or commit.endswith("-dirty"):
        return "the harness is of other sources than this tree: cargo build --release --bin harness"
    if git("status", "--porcelain", "--", *paths).stdout:
        return "sources of the soak are not committed: commit them"
    return ""


def commit(harness: Path, allow_dirty: bool) -> str:
    """The commit that the record names."""
    built = version(harness).get("commit", "unknown")
    reason = unclean(built)
    if reason and not allow_dirty:
        raise SoakError(f"{reason}, or use --allow-dirty", 2)
    return git("rev-parse", "HEAD").stdout.strip() + ("-dirty" if reason else "")


def put_back(harness: Path):
    """What killed ones left: a watch does that when it begins."""
    with subprocess.Popen([harness, "watch", "null"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        for line in child.stderr:
            if "watching with" in line:
                child.send_signal(signal.SIGINT)
