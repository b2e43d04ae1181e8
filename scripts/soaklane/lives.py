"""Lives of processes: what a watch told of each pid, in its order, held against the ground truth.

A pid is another process's after a wrap, so what is told of it is a row of lives. Such a row is a row of bytes: FORK,
perhaps EXEC, and the exit code of the end, which is the number of the process modulo CODES. Two equal rows are the
same lives; where they differ, the multisets of their bytes say what was missed and what is too much."""

import re
from collections import Counter, defaultdict

from soaklane import CODES

FORK, EXEC, NOT_TOLD, OTHER_STATUS = 255, 254, 253, 252
MOST_WHERE = 5
KINDS = ("fork", "exec", "exit")
LINE = re.compile(rb'^\{"kind":"(fork|exec|exit)","pid":(\d+),"ppid":(\d+|null),.*"status":(\d+|null)', re.M)


def of_exit(status: bytes) -> int:
    """The byte of an exit by the status of its line, which is as waitpid has it."""
    if status == b"null":
        return NOT_TOLD
    code, rest = divmod(int(status), 256)
    return code if rest == 0 and code < CODES else OTHER_STATUS


class Reported:
    """What one watch told. Events of `root`, the parent of all, are counted apart."""

    def __init__(self, root: int):
        self.root = str(root).encode()
        self.rows = defaultdict(bytearray)
        self.root_events = Counter()
        self.not_understood = self.wrong_parent = self.lines = self.bytes = 0
        self.rest = b""

    def take(self, chunk: bytes):
        """Bytes of its output."""
        self.bytes += len(chunk)
        whole, newline, rest = (self.rest + chunk).rpartition(b"\n")
        self.rest = rest
        lines = whole.count(b"\n") + len(newline)
        found = LINE.findall(whole)
        self.lines += lines
        self.not_understood += lines - len(found)
        for kind, pid, ppid, status in found:
            self.event(kind, pid, ppid, status)

    def event(self, kind: bytes, pid: bytes, ppid: bytes, status: bytes):
        if pid == self.root:
            self.root_events[kind.decode()] += 1
            return
        row = self.rows[int(pid)]
        if kind == b"fork":
            row.append(FORK)
            self.wrong_parent += ppid != self.root
        else:
            row.append(EXEC if kind == b"exec" else of_exit(status))


def true_rows(pids, exec_every: int) -> dict:
    """The rows of all processes, in the order in which they were begun."""
    rows = defaultdict(bytearray)
    for number, pid in enumerate(pids):
        row = rows[pid]
        row.append(FORK)
        if number % exec_every == exec_every - 1:
            row.append(EXEC)
        row.append(number % CODES)
    return rows


def kind_of(byte: int) -> str:
    return {FORK: "fork", EXEC: "exec"}.get(byte, "exit")


def totals(rows: dict) -> dict:
    """Events of each kind."""
    counts = Counter()
    for row in rows.values():
        forks, execs = row.count(FORK), row.count(EXEC)
        counts.update(fork=forks, exec=execs, exit=len(row) - forks - execs)
    return {kind: counts[kind] for kind in KINDS}


def missed_and_extra(true: bytearray, told: bytearray):
    """By kind. An exit with another code is one that is missed and one that is too much."""
    difference = Counter(true)
    difference.subtract(told)
    missed, extra = Counter(), Counter()
    for byte, count in difference.items():
        (missed if count > 0 else extra)[kind_of(byte)] += abs(count)
    return missed, extra


def life_of_difference(true: bytearray, told: bytearray) -> int:
    """The first life of the pid, from 0, that was told otherwise."""
    at = next((at for at, pair in enumerate(zip(true, told)) if pair[0] != pair[1]), min(len(true), len(told)))
    return max(0, true[:at + 1].count(FORK) - 1)


def compare(true: dict, reported: Reported) -> dict:
    """For each kind what was true, told, missed and too much; and how many pids have their events in another order."""
    missed, extra, disordered, where = Counter(), Counter(), 0, []
    for pid in true.keys() | reported.rows.keys():
        rows = true.get(pid, bytearray()), reported.rows.get(pid, bytearray())
        if rows[0] == rows[1]:
            continue
        one = missed_and_extra(*rows)
        where.append({"pid": pid, "life": life_of_difference(*rows)})
        disordered += not any(map(bool, one))
        missed.update(one[0])
        extra.update(one[1])
    truths, told = totals(true), totals(reported.rows)
    kinds = {kind: {"truths": truths[kind], "reported": told[kind], "missed": missed[kind], "extra": extra[kind]}
             for kind in KINDS}
    statuses = {name: sum(row.count(byte) for row in reported.rows.values())
                for name, byte in (("status_not_told", NOT_TOLD), ("status_of_no_process", OTHER_STATUS))}
    return {"kinds": kinds, "pids_out_of_order": disordered, "wrong_parent": reported.wrong_parent,
            "not_understood": reported.not_understood + bool(reported.rest), **statuses,
            "root_events": dict(reported.root_events), "pids_that_differ": len(where), "where": where[:MOST_WHERE]}


def wraps(pids) -> int:
    """How often the counter of pids began again: a pid that is far below the one before it."""
    return sum(a - b > a // 2 for a, b in zip(pids, pids[1:]) if b < a)
