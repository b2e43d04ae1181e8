"""The table of kernels, and how one of them is found on this machine."""

import functools
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from . import Gone, LaneError, Misuse, say
from .machines import AMD64, MACHINES, Machine
from .offers import PATTERN, Offer, Pin, newest_first, ranked, read
from .packages import Apt, cache, unpacked

TABLE = Path(__file__).parent.parent / "kernels.toml"
# An index may name packages that the archive no longer has; after so many failures it is the network.
TRIES = 3


@functools.cache
def table() -> dict:
    return tomllib.loads(TABLE.read_text())


def tools() -> dict:
    return table()["tools"]


def keys(arch=AMD64.arch):
    """The series with a kernel of this architecture."""
    return [key for key, row in table().items() if key != "tools" and (arch == AMD64.arch or arch in row)]


def named(key: str, arch: str) -> str:
    """The key of a series and an architecture together: 6.12, 6.12-arm64."""
    return key if arch == AMD64.arch else f"{key}-{arch}"


def parted(key: str) -> tuple[str, Machine]:
    """The series and the architecture of such a key."""
    series, _, arch = key.partition("-")
    return series, MACHINES[arch or AMD64.arch]


def row(key: str) -> dict:
    """The suites, and what pins a version."""
    series, machine = parted(key)
    found = table()[series]
    return found if machine is AMD64 else {"suites": found["suites"]} | found[machine.arch]


@dataclass
class Kernel:
    """A kernel to boot. Without an offer it is the user's own file, and has no module."""
    key: str
    vmlinuz: Path
    # Its packages, unpacked.
    tree: Path = Path()
    offer: Offer | None = None
    pin: Pin | None = None
    machine: Machine = AMD64

    @property
    def release(self) -> str:
        return self.offer.release if self.offer else ""

    def identity(self) -> dict:
        """Which packages it is, for a record."""
        if not self.offer:
            return {"release": "", "package": None}
        return self.offer.identity() | {"pinned": self.pin.version}


def find(key: str, arch=AMD64.arch) -> Kernel:
    """A kernel by its key in the table, or by path; fetched if it is missing."""
    if "/" in key:
        path = Path(key)
        if not path.is_file():
            raise Misuse(f"--kernel {key}: there is no such file")
        return Kernel(path.name, path.resolve(), machine=MACHINES[arch])
    if key not in keys(arch):
        of = "" if arch == AMD64.arch else f" of {arch}"
        raise Misuse(f"--kernel {key}: not in scripts/kernels.toml, which has {', '.join(keys(arch))}{of}; "
                     "a path with a slash names a vmlinuz")
    key = named(key, arch)
    return kept(key) or fetched(key, ranked(on_offer(key), pinned(key)))


def pinned(key: str) -> Pin:
    entry = row(key)
    return Pin(entry["release"], entry["version"], entry["sha256"])


def folder(release: str, version: str) -> str:
    return f"kernel-{release}_{version}"


def kept(key: str) -> Kernel | None:
    """The pinned version, if it was fetched before: then no index is needed."""
    pin = pinned(key)
    tree = cache() / "packages" / folder(pin.release, pin.version)
    return opened(key, tree) if tree.is_dir() else None


def verify(key: str, one: Offer):
    """The pinned version must be the package that was measured; apt verifies the same hash."""
    pin = pinned(key)
    if one.is_pin(pin) and one.image[0].sha256 != pin.sha256:
        raise LaneError(f"{key}: {one.image[0].package} {pin.version} has sha256 {one.image[0].sha256}, and what was "
                        f"measured had {pin.sha256}: find out why, then correct scripts/kernels.toml")


def on_offer(key: str, every=False) -> list:
    """The kernels of the series in the archive; suites after the one with the pinned version are searched only if
    `every`. A suite that cannot be reached does not affect the others."""
    offers, failed = [], []
    series, machine = parted(key)
    for suite in row(key)["suites"]:
        try:
            offers += read(index(suite, machine.arch), series.removesuffix(".x"), suite)
        except LaneError as error:
            failed.append(error)
        if not every and any(one.is_pin(pinned(key)) and one.headers for one in offers):
            break
    if not offers and failed:
        raise failed[0]
    for error in failed:
        say(f"{key}: {error}")
    return offers


@functools.cache
def index(suite: str, arch: str) -> str:
    apt = Apt([suite], foreign(arch))
    apt.update()
    return apt.show(PATTERN)


def foreign(arch: str) -> str:
    """For apt, which has this machine's architecture where none is given."""
    return "" if arch == AMD64.arch else arch


def listing() -> int:
    """Prints the kernels of each series; exit code 3 if a series has none."""
    code = 0
    for key in [named(key, arch) for arch in MACHINES for key in keys(arch)]:
        try:
            print("\n".join(described(key)), flush=True)
        except LaneError as error:
            say(str(error))
            code = 3 if isinstance(error, Gone) else code or 1
    return code


def described(key: str):
    """The lines of one series."""
    pin, offers = pinned(key), ranked(on_offer(key, every=True), pinned(key))
    here = kept(key)
    if not offers and not here:
        raise Gone(nothing(key))
    yield f"{key}"
    yield f"  pinned    {pin.version} ({pin.release}) {standing(key, offers)}{', and is in the cache' if here else ''}"
    for number, one in enumerate(newest_first(offers)):
        yield f"  {'' if number else 'on offer':9} {one.label()}{'' if one.headers else ', no headers'}"
    yield f"  takes     {here.offer.label() if here else offers[0].label()}"


def fetched(key: str, offers) -> Kernel:
    """The first of them that can really be had."""
    failed = None
    if not offers:
        raise Gone(nothing(key))
    for one in offers[:TRIES]:
        verify(key, one)
        if failed:
            say(str(failed))
        for line in differences(key, one, offers):
            say(line)
        try:
            return opened(key, fetch(one, parted(key)[1].arch))
        except LaneError as error:
            failed = error
    raise failed


def standing(key: str, offers) -> str:
    there = next((one for one in offers if one.is_pin(pinned(key))), None)
    if not there:
        return "is not on offer"
    return "is on offer" if there.headers else "is on offer without its headers"


def nothing(key: str) -> str:
    return (f"{key}: neither the pinned {pinned(key).version} nor another kernel of the series is on offer in "
            f"{', '.join(row(key)['suites'])}: put a suite that has it into scripts/kernels.toml")


def differences(key: str, taken: Offer, offers):
    """What is not as it was measured, each in a line."""
    pin = pinned(key)
    if not taken.is_pin(pin):
        there = standing(key, offers)
        why = "cannot be fetched" if there == "is on offer" else there
        yield (f"{key}: the pinned {pin.version} ({pin.release}) {why}: taking the newest that can be had, "
               f"{taken.label()}")
    for part in taken.headers:
        if part.version != taken.version:
            yield (f"{key}: {part.package} {taken.version} is not on offer: taking {part.version}, "
                   "which the headers accept")
    if not taken.headers:
        yield f"{key}: no headers of {taken.release} are on offer: there will be no kernel module"


def fetch(one: Offer, arch: str) -> Path:
    """Its packages, unpacked together, with a note of which they are."""
    names = [f"{part.package}={part.version}" for part in (*one.image, *one.headers)]
    return unpacked(folder(one.release, one.version), names, [one.suite], note=json.dumps(one.saved()),
                    arch=foreign(arch))


def opened(key: str, tree: Path) -> Kernel:
    """An unpacked kernel."""
    one = Offer.load(json.loads((tree / "note.json").read_text()))
    verify(key, one)
    places = [tree / f"boot/vmlinuz-{one.release}", tree / f"usr/lib/modules/{one.release}/vmlinuz"]
    found = next((place for place in places if place.is_file()), None)
    if not found:
        raise LaneError(f"the packages of {key} hold no kernel image for {one.release}: "
                        "see to scripts/vmlane/offers.py, which says what they are")
    return Kernel(key, found, tree, one, pinned(key), parted(key)[1])
