"""The committed records: the table of scripts/records.toml, and what is in results/."""

import json
import shlex
import shutil
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import sources
import thinning
from soaklane.page import page as soak_page
from vmlane import LaneError, Misuse
from vmlane.kernels import keys
from vmlane.machines import AMD64

TOP = Path(__file__).parent.parent
RESULTS = TOP / "results"
# What a record has beside these is made on demand and not committed.
FILES = ("record.json", "summary.json", "missed.json", "sweep.json", "README.md", "vm.json", "plots/*.svg", "tools/*.toml")
PAGES = ("README.md", "plots/*.svg")
# The folders of records that are the matrix of kernels: three families, and the cases.
MATRIX = ("kernels", "arm64", "kernel-cases", "arm64-cases")
# What scripts/soak writes; it is no record of cells, and takes an hour of a machine that does nothing else.
SOAK = RESULTS / "soak/soak.json"
# Options of scripts/vm that vm.json has, too, and what they are where they are not given.
SIZES = {"--cpus": ("cpus", 2), "--memory": ("memory_mib", 1024)}
# All records of scripts/records.toml together.
MOST_BYTES = 20_000_000


@dataclass
class Entry:
    """A record of the table; a guest's has a kernel, and may have options of scripts/vm."""
    name: str
    what: str
    command: list
    minutes: int
    kernel: str = ""
    guest: tuple = ()
    arch: str = AMD64.arch


def table() -> list:
    """The records in the order in which they are made."""
    entries = []
    for name, row in tomllib.loads((TOP / "scripts/records.toml").read_text()).items():
        if row["minutes"] > 60:
            raise Misuse(f"scripts/records.toml: {name}: {row['minutes']} minutes: split it, a record takes at most 60")
        arch = row.get("arch", AMD64.arch)
        for key in row.get("keys", keys(arch)) if row.get("guests") else [""]:
            entries.append(Entry(name.replace("KEY", key), row["what"], shlex.split(row["command"]), row["minutes"], key,
                                 tuple(shlex.split(row.get("vm", ""))), arch))
    return entries


def chosen(names) -> list:
    """All, or those that are named."""
    entries = table()
    known = [one.name for one in entries]
    for name in names or []:
        if name not in known:
            raise Misuse(f"--only {name}: scripts/records.toml has {', '.join(known)}")
    return [one for one in entries if not names or one.name in names]


def without_out(command: list) -> list:
    """A command without --out and its folder; what comes after `--` is a command of its own."""
    own = command[:command.index("--")] if "--" in command else command
    at = own.index("--out") if "--out" in own else len(own)
    return command[:at] + command[at + 2:]


def stale(one: Entry, place: Path | None = None) -> str:
    """Why the record is not what would be made today; empty when it is."""
    place = place or RESULTS / one.name
    if not (place / "summary.json").is_file():
        return "is missing"
    record = json.loads((place / "record.json").read_text())
    if without_out(record["command"][1:]) != one.command:
        return "was made by another command"
    if record.get("sources") != sources.deciding():
        return f"was made by other sources, of commit {record.get('commit', 'unknown')[:12]}"
    if not one.kernel:
        return ""
    guest = json.loads((place / "vm.json").read_text())
    if guest.get("scripts") != sources.guests():
        return "was made by other scripts"
    return "" if asked(one, guest) else "was made in a guest of another size"


def asked(one: Entry, guest: dict) -> bool:
    """Whether a guest has the CPUs and the memory that the table asks for."""
    given = dict(zip(one.guest, one.guest[1:]))
    return all(guest.get(key) == int(given.get(option, usual)) for option, (key, usual) in SIZES.items())


def stale_soak() -> str:
    """Why the soak is not what would be found today; empty when it is."""
    if not SOAK.is_file():
        return "is missing"
    soak = json.loads(SOAK.read_text())
    return "" if soak["sources"] == sources.soak() else f"was made by other sources, of commit {soak['commit'][:12]}"


def found() -> list:
    """The folders below results/ that hold a committed record, by name."""
    return sorted(str(path.parent.relative_to(RESULTS)) for path in tracked() if path.name == "summary.json")


def tracked() -> list:
    """The committed files of results/ that are there."""
    listing = subprocess.run(["git", "ls-files", "-z", "results"], cwd=TOP, capture_output=True, text=True, check=True)
    paths = [TOP / path for path in listing.stdout.split("\0") if path]
    return [path for path in paths if path.exists()]


def unknown() -> list:
    """Committed records that the table does not have."""
    known = {one.name for one in table()}
    return [name for name in found() if name not in known]


def matching(place: Path, patterns) -> set:
    """The files of a record that fit one of the patterns."""
    return {path.relative_to(place) for pattern in patterns for path in place.glob(pattern)}


def strip(place: Path, harness: Path):
    """Removes what is not committed."""
    if thinning.thin(place):
        # Its page says so.
        report(harness, place)
    for path in [*place.iterdir()]:
        if path.name not in {pattern.split("/")[0] for pattern in FILES}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def report(harness: Path, *words) -> str:
    """What `harness report` prints."""
    done = subprocess.run([harness, "report", *words], capture_output=True, text=True, check=False, cwd=RESULTS)
    if done.returncode:
        raise LaneError(f"harness report {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def kernels_page(harness: Path) -> str:
    """The page over all kernels of both architectures, of those records that are there."""
    places = [one.name for one in table() if one.name.split("/")[0] in MATRIX and (RESULTS / one.name / "summary.json").exists()]
    return report(harness, *places) if len(places) > 1 else ""


def write_kernels(harness: Path):
    if page := kernels_page(harness):
        (RESULTS / "kernels/README.md").write_text(page)


def faults(harness: Path):
    """What is not as it should be of the committed records: pages that summary.json does not give, files that
    are not to be committed, too many bytes."""
    if not harness.is_file():
        raise Misuse(f"{harness.relative_to(TOP)} is missing: cargo build --release --bin harness")
    for name in found():
        yield from pages(harness, name)
    if SOAK.is_file() and soak_page(json.loads(SOAK.read_text())) != (SOAK.parent / "README.md").read_text():
        yield "results/soak/README.md is not what soak.json gives: scripts/soak writes it"
    index = RESULTS / "kernels/README.md"
    if (page := kernels_page(harness)) and page != index.read_text():
        yield "results/kernels/README.md is not what its records give: scripts/records writes it"
    size = sum(path.stat().st_size for path in tracked())
    if size > MOST_BYTES:
        yield f"results/ has {size / 1e6:.1f} MB: at most {MOST_BYTES / 1e6:.0f} are committed"


def pages(harness: Path, name: str):
    """What of one record's pages differs from what is made of its summary.json."""
    place = RESULTS / name
    listed = {path.relative_to(place) for path in tracked() if place in path.parents}
    for path in sorted(listed - matching(place, FILES)):
        yield f"results/{name}/{path} is made on demand: git rm it"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / place.name
        shutil.copytree(place, copy, ignore=shutil.ignore_patterns("plots", "README.md", "raw"))
        report(harness, copy)
        for path in sorted(matching(place, PAGES) | matching(copy, PAGES)):
            both = [(side / path).read_bytes() if (side / path).exists() else None for side in (place, copy)]
            if both[0] != both[1]:
                yield f"results/{name}/{path} is not what summary.json gives: harness report results/{name}"
