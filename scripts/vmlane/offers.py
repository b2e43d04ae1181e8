"""The kernels of a series that an archive has, read from its index. Nothing is fetched here."""

import re
import subprocess
from dataclasses import asdict, dataclass
from functools import cache, cmp_to_key
from typing import NamedTuple

# What `apt-cache show` is asked for.
PATTERN = "^linux-(image|binary|modules|headers|kbuild)-"
# Neither a metapackage (linux-image-6.12-cloud-amd64) nor an unsigned image, which is replaced within days.
IMAGE = re.compile(r"linux-image-(\d+\.\d+\.\d+\S*-cloud-(?:amd64|arm64))")
# From 7.2 on linux-image is empty and depends on these.
SPLIT = re.compile(r"(linux-(?:binary|modules)-\S+) \((=) ([^)]+)\)")
BUILD = re.compile(r"(linux-headers-\S+-common|linux-kbuild-[^\s,]+)(?: \((=|>=) ([^)]+)\))?")


class Part(NamedTuple):
    """One package."""
    package: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Pin:
    """The kernel that was measured last; the hash is that of the package with its image."""
    release: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Offer:
    """A kernel whose packages are all on offer. Without headers it boots, and no module can be built for it."""
    suite: str
    release: str
    version: str
    image: tuple
    headers: tuple

    def is_pin(self, pin: Pin) -> bool:
        return (self.release, self.version) == (pin.release, pin.version)

    def label(self) -> str:
        return f"{self.version} ({self.release}, {self.suite})"

    def identity(self) -> dict:
        """For a record."""
        return {"release": self.release, "package": self.version, "suite": self.suite,
                "packages": [part._asdict() for part in (*self.image, *self.headers)]}

    def saved(self) -> dict:
        return asdict(self) | {"image": [*map(list, self.image)], "headers": [*map(list, self.headers)]}

    @staticmethod
    def load(saved: dict) -> "Offer":
        parts = {name: tuple(Part(*part) for part in saved[name]) for name in ("image", "headers")}
        return Offer(**saved | parts)


@cache
def compare(one: str, other: str) -> int:
    """Of versions, as dpkg orders them: 6.1.27 is older than 6.1.192, and 1~bpo older than 1."""
    if one == other:
        return 0
    older = subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False).returncode == 0
    return -1 if older else 1


AGE = cmp_to_key(compare)


def read(index: str, series: str, suite: str) -> list:
    """All complete kernels of the series in the index, newest first."""
    packages = {}
    for stanza in stanzas(index):
        packages.setdefault(stanza["Package"], {})[stanza["Version"]] = stanza
    found = []
    for name, versions in packages.items():
        release = IMAGE.fullmatch(name)
        mine = [version for version in versions if release and version.startswith(f"{series}.")]
        found += [offer(packages, release[1], version, suite) for version in mine]
    return newest_first(one for one in found if one.image)


def stanzas(index: str):
    """The packages of an index, by field; folded lines are not needed."""
    for text in index.split("\n\n"):
        fields = dict(re.findall(r"^(\S+): (.*)$", text, re.M))
        if {"Package", "Version", "SHA256"} <= fields.keys():
            yield fields


def offer(packages, release: str, version: str, suite: str) -> Offer:
    """One kernel with its packages; where one is missing, that half (image or headers) is empty."""
    image = packages[f"linux-image-{release}"][version]
    headers = packages.get(f"linux-headers-{release}", {}).get(version)
    split = needs(packages, image, SPLIT)
    build = needs(packages, headers, BUILD) if headers else (None,)
    return Offer(suite, release, version,
                 whole(split or (part(image),)), whole((headers and part(headers), *build)))


def part(stanza) -> Part:
    return Part(stanza["Package"], stanza["Version"], stanza["SHA256"])


def whole(parts) -> tuple:
    return tuple(parts) if all(parts) else ()


def needs(packages, stanza, pattern) -> tuple:
    """The dependencies that `pattern` finds: each in the same version, or else in the newest that is accepted.
    linux-kbuild-6.1 is replaced by each update, and earlier headers accept the new one."""
    found = []
    for name, relation, wanted in pattern.findall(stanza.get("Depends", "")):
        fit = [version for version in packages.get(name, {}) if accepts(relation, wanted, version)]
        best = max(fit, key=lambda version: (version == stanza["Version"], AGE(version)), default=None)
        found.append(best and part(packages[name][best]))
    return tuple(found)


def accepts(relation: str, wanted: str, version: str) -> bool:
    order = compare(version, wanted) if relation else 0
    return order == 0 or (relation == ">=" and order > 0)


def newest_first(offers) -> list:
    return sorted(offers, key=lambda one: AGE(one.version), reverse=True)


def ranked(offers, pin: Pin) -> list:
    """In the order of preference: those with headers before those without; of these the pin, then the newest."""
    return sorted(newest_first(offers), key=lambda one: (not one.headers, not one.is_pin(pin)))
