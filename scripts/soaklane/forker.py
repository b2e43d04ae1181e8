"""The stream of processes: builds and starts forker.c, and reads what it writes down."""

import array
import mmap
import signal
import struct
import subprocess
from pathlib import Path

from child import dies_with_us
from soaklane import CODES, SoakError

# struct truth of forker.c.
HEAD = struct.Struct("8Q")
FIELDS = ("begun", "reaped", "wrong_status", "most_behind_ns", "started_ns", "ended_ns", "failed_errno")


def build(folder: Path) -> Path:
    """Dynamic, so that preload sees it; each symbol is bound at the start, as distributions link."""
    source, to = Path(__file__).with_name("forker.c"), folder / "soak-forker"
    command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", f"-DCODES={CODES}", "-Wl,-z,now", "-o", to, source]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SoakError("cc is missing: apt-get install gcc libc6-dev", 3) from None
    if done.returncode:
        raise SoakError(f"{source} cannot be built: {done.stderr.splitlines()[0]}: install gcc and libc6-dev", 3)
    return to


class Forker:
    """A process that waits for its environment, then executes the program; its pid is known before."""

    def __init__(self, folder: Path, forks: int, seconds: float, exec_every: int):
        program, path = build(folder), folder / "truth"
        with path.open("w+b") as file:
            file.truncate(HEAD.size + 4 * forks)
            self.map = mmap.mmap(file.fileno(), 0)
        words = [program, str(forks), str(round(seconds * 1e9)), str(exec_every), path]
        self.child = subprocess.Popen(["sh", "-c", 'read -r env && exec env $env "$@"', "sh", *words],
                                      stdin=subprocess.PIPE, preexec_fn=dies_with_us(signal.SIGKILL))
        self.pid = self.child.pid

    def start(self, env: str):
        """With these variables, NAME=VALUE and spaces between."""
        self.child.stdin.write(f"{env}\n".encode())
        self.child.stdin.close()

    def head(self) -> dict:
        return dict(zip(FIELDS, HEAD.unpack_from(self.map)))

    def pids(self) -> array.array:
        """Of all that were begun, in order."""
        pids = array.array("I")
        pids.frombytes(self.map[HEAD.size:HEAD.size + 4 * self.head()["begun"]])
        return pids

    def end(self):
        """Whatever it does."""
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
