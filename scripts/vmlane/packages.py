"""Fetches packages from the distribution's archive with an apt of its own: the machine's lists, sources and
package database stay as they are, root is not needed, and apt verifies signature and hash."""

import fcntl
import json
import os
import subprocess
import urllib.parse
from pathlib import Path

from . import LaneError, need, say, scratch

# In a folder of unpacked packages, what they are.
VERSIONS = "versions.json"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def cache() -> Path:
    """The folder of downloads and of what is built from them."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = Path(base) / "rollcall"
    path.mkdir(parents=True, exist_ok=True)
    return path


def archive(suite: str) -> str:
    """The archive that this machine uses for the suite; security updates have their own."""
    label = "Debian-Security" if suite.endswith("-security") else "Debian"
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"],
        capture_output=True, text=True, check=False).stdout
    for line in listing.splitlines():
        origin, found, uri = line.split("|", 2)
        if (origin, found) == ("Debian", label):
            return uri
    raise LaneError(f"this machine's apt knows no archive labelled {label}: add one to its sources and run "
                    "apt-get update, or give --kernel a path to a vmlinuz")


class Apt:
    """A private apt for the given suites, and for packages of another architecture than this machine's if that is
    given."""

    def __init__(self, suites, arch=""):
        need("apt-get", "apt")
        need("dpkg-deb", "dpkg")
        if not Path(KEYRING).exists():
            raise LaneError(f"{KEYRING} is missing: install debian-archive-keyring")
        self.suites = sorted(suites)
        self.arch = arch
        self.home = cache() / "apt" / "-".join(["+".join(self.suites), *filter(None, [arch])])
        for part in ("lists/partial", "cache/archives/partial", "parts"):
            (self.home / part).mkdir(parents=True, exist_ok=True)
        (self.home / "status").touch()
        self._configure()

    def _configure(self):
        sources = [f"deb [signed-by={KEYRING}] {archive(s)} {s} main\n" for s in self.suites]
        (self.home / "sources.list").write_text("".join(sources))
        (self.home / "apt.conf").write_text(
            f'Dir::State "{self.home}"; Dir::State::lists "{self.home}/lists";\n'
            f'Dir::State::status "{self.home}/status"; Dir::Cache "{self.home}/cache";\n'
            f'Dir::Etc::sourcelist "{self.home}/sources.list"; Dir::Etc::sourceparts "{self.home}/parts";\n'
            'APT::Sandbox::User "root"; Acquire::Languages "none";\n'
            + (f'APT::Architecture "{self.arch}"; APT::Architectures {{ "{self.arch}"; }};\n' if self.arch else ""))

    def _run(self, *command, cwd=None):
        env = dict(os.environ, APT_CONFIG=str(self.home / "apt.conf"), LC_ALL="C")
        # apt does not wait for a lock of its lists, and another guest may be made at the same time.
        with (self.home / "one-at-a-time").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)

    def update(self):
        done = self._run("apt-get", "update", "-q")
        if done.returncode:
            raise LaneError(f"the archive's indexes for {', '.join(self.suites)} cannot be fetched: "
                            f"{last_line(done.stderr)}; check the network and try again")

    def download_all(self, names, into: Path):
        """Fetches the packages and all their dependencies: this apt has nothing installed."""
        done = self._run("apt-get", "install", "-q", "-y", "--download-only", "--no-install-recommends",
                         "-o", f"Dir::Cache::archives={into}", *names)
        if done.returncode:
            raise LaneError(f"{' '.join(names)}: cannot be fetched with their dependencies from "
                            f"{', '.join(self.suites)}: {last_line(done.stderr)}; correct scripts/kernels.toml")

    def download(self, names, into: Path):
        """Fetches the packages; a name may be NAME=VERSION."""
        done = self._run("apt-get", "download", "-q", *names, cwd=into)
        if done.returncode:
            raise LaneError(f"{' '.join(names)}: cannot be fetched from {', '.join(self.suites)}: "
                            f"{last_line(done.stderr)}; check the network and scripts/kernels.toml")

    def show(self, pattern: str) -> str:
        """The index's entries of all packages with a matching name; nothing is fetched."""
        return self._run("apt-cache", "show", pattern).stdout


def versions(debs: Path) -> dict:
    """The version of each package, as the names of the files have it."""
    parts = (urllib.parse.unquote(deb.name).split("_") for deb in debs.glob("*.deb"))
    return {name: version for name, version, _ in parts}


def last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def unpacked(label: str, names, suites, whole=False, note="", arch="") -> Path:
    """The named packages, NAME or NAME=VERSION, unpacked together in a cached folder; fetched if they are missing.
    `whole` adds their dependencies; `note` is kept with them as note.json; `arch` is another architecture."""
    final = cache() / "packages" / label
    if final.exists():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    say(f"fetching {', '.join(names)}")
    with scratch(final.parent) as work:
        debs, tree = work / "debs", work / "tree"
        debs.mkdir()
        tree.mkdir()
        apt = Apt(suites, arch)
        apt.update()
        if whole:
            apt.download_all(names, debs)
        else:
            apt.download(names, debs)
        for deb in sorted(debs.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
        (tree / VERSIONS).write_text(json.dumps(versions(debs)))
        if note:
            (tree / "note.json").write_text(note)
        # Only a complete folder gets the final name.
        tree.rename(final)
    return final


def link_awk(root: Path):
    """The link that the install script of mawk would make, which does not run here."""
    awk = root / "usr/bin/awk"
    if (root / "usr/bin/mawk").exists() and not awk.is_symlink():
        awk.symlink_to("mawk")
