"""The parts of scripts/soak. Standard library only; the program that makes the processes is forker.c."""


class SoakError(Exception):
    """One line that names what is wrong and ends in what to do; `code` is the exit code."""

    def __init__(self, text: str, code: int = 1):
        super().__init__(text)
        self.code = code


# What is watched with, all at once.
MONITORS = ("netlink", "ebpf", "audit", "preload")
# Exit codes of the processes: their number modulo this, so that a life is known by its end.
CODES = 251
