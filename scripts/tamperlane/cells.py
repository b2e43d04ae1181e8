"""One repetition of an act: a watch, marks before it, the act, marks after it, and what came of all that."""

import os
import subprocess
import time
from pathlib import Path

from tamperlane import adversary
from tamperlane.guard import thaw, undo
from tamperlane.plan import TOLD_WITHIN, Act, label

REFUSED = 10
# Made by scripts/vm; see monitors/src/kmod/requirements.rs.
DISPOSABLE = Path("/lib/rollcall/disposable")
# Marks are executed so often and for so long, after the act.
EVERY, FOR = 0.02, 2.5
BEFORE, BY_ITSELF = 5, 10
# What was executed is reported by then, if at all soon; and a monitor that can run again has said so.
SOON, AFTER = 0.3, 1.5
# A busy machine can hold a reader up too: of another act this tells nothing.
NOT_RUN = ("did not run", "does not run")
STATES = {"stopped": "the starting process, of SIGSTOP", "killed": "the starting process, of the end by a signal"}


class Cell:
    """What is measured."""

    def __init__(self, lane, act: Act, technique: str, who: str, repetition: int):
        self.lane, self.act, self.technique, self.who, self.repetition = lane, act, technique, who, repetition
        self.mark = f"mark-{os.getpid()}-{lane.number()}"
        # Whether the watch is another than before, so that it serves no further act.
        self.changed = True
        self.marks = 0
        self.due, self.began, self.told, self.by, self.words = [], 0.0, None, "", ""

    def row(self, status="ok", error=None, tamper=None) -> dict:
        return {"workload": f"tamper/{self.act.name}", "technique": self.technique, "configuration": label(self.act, self.technique),
                "adversary": self.who, "repetition": self.repetition, "experiment": "tamper", "status": status,
                "error": error, "tamper": tamper, **self.lane.where}

    def run(self) -> dict:
        kmod = self.technique.startswith("kmod")
        if kmod and not DISPOSABLE.exists():
            return self.row("unavailable", "needs a disposable machine: --guest KEY")
        self.watch = self.lane.watch(label(self.act, self.technique), self.technique == "preload")
        try:
            row = self.measured()
        finally:
            thaw()
            undo(self.lane.act, kmod)
            if self.changed:
                self.lane.end_watch()
        return row

    def measured(self) -> dict:
        for _ in range(BEFORE):
            self.one()
        if not self.watch.until(5, lambda: self.unseen() == 0):
            return self.row("failed", "what was executed before the act was not reported")
        self.due.clear()
        forged = f"forged-{self.mark}"
        code, answer = self.do(forged)
        self.changed = code != REFUSED
        if code == 77:
            return self.row("unavailable", f"needs {answer}")
        if code not in (0, REFUSED):
            return self.row("failed", f"the act ended with {code}: {answer}")
        self.go_on(code == REFUSED)
        unseen = self.unseen()
        ended = time.monotonic()
        thaw()
        if self.told is None and self.changed and self.act.name.startswith("reader-"):
            self.watch.until(AFTER, lambda: any(map(self.watch.said, NOT_RUN)))
        if self.changed or self.told is not None:
            self.changed = True
            self.watch.end()
            self.at_the_end(ended)
        lost, forged = self.unseen(), len(self.watch.reported("exec", forged)[1])
        tamper = {"result": self.result(code, unseen, forged), "events_due": len(self.due), "events_unseen": unseen,
                  "events_lost": lost, "events_forged": forged, "told_s": self.told and round(self.told, 3),
                  "told_by": self.by, "said": self.words, "answer": answer}
        return self.row(tamper=tamper)

    def one(self, through=None):
        """Executes a mark as the workload's user, or through a command of the adversary, whose pid is not known."""
        self.marks += 1
        mark = f"{self.mark}-{self.marks}"
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.watch.environment}
        user = {} if through else {"user": self.lane.uid, "group": self.lane.uid, "extra_groups": []}
        words = through or [f"{self.lane.act}-dynamic", "linger", "0"]
        child = subprocess.Popen([*words, mark], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                 cwd="/", **user)
        self.due.append(mark if through else child.pid)
        said = child.communicate()[1]
        self.last = child.returncode, (said.strip().splitlines() or [""])[-1]

    def do(self, forged: str):
        """The act; its exit code and what the kernel said."""
        act, name = str(self.lane.act), self.act.name
        self.began = time.monotonic()
        if self.act.by == "self":
            # The shell has no library, so what it starts is not seen; its own start is.
            lingers = ["sh", "-c", '"$@"; exit', "sh", f"{act}-dynamic", "linger", "0"]
            words = {"preload-unset": ["env", "-u", "LD_PRELOAD", *lingers],
                     "preload-overwrite": ["env", "LD_PRELOAD=/nonexistent.so", *lingers],
                     "preload-static": [act, name, "0"],
                     "preload-step-around": [f"{act}-dynamic", name, "0"],
                     "preload-forge": [f"{act}-dynamic", name, "0"]}[name]
            return self.by_itself(words, forged)
        if name.endswith("-flood"):
            words = [f"{act}-dynamic", "flood"]
        else:
            words = [act, {"netlink-ignore": "connector-ignore", "ebpf-detach": "bpf-detach", "ebpf-close": "bpf-close",
                           "ebpf-close-copy": "bpf-close-copy", "ebpf-consume": "bpf-consume"}.get(name, name)]
        word = self.act.word.replace("CHANNEL", self.watch.environment.get("ROLLCALL_CHANNEL", ""))
        self.lane.say_doing(name)
        done = subprocess.run([*adversary.command(self.who, self.lane.uid, [*words, str(self.watch.pid), word])],
                              env={**os.environ, **self.watch.environment}, capture_output=True, text=True, check=False, cwd="/")
        return done.returncode, (done.stderr.strip().splitlines() or [""])[-1]

    def by_itself(self, words: list, forged: str):
        """A process that does something so that it is not seen: its own execs are what is due."""
        command = adversary.command(self.who, self.lane.uid, words)
        if self.act.name == "preload-forge":
            # The channel is open for writing to the programs that are watched.
            done = subprocess.run([*command, forged], env={"PATH": "/usr/bin:/bin", **self.watch.environment},
                                  capture_output=True, text=True, check=False, cwd="/")
            return done.returncode, done.stderr.strip()
        for _ in range(BY_ITSELF):
            self.one(command)
        return self.last

    def go_on(self, refused: bool):
        """Marks until it was told, or for as long as is waited for that."""
        until = time.monotonic() + (0.2 if refused else FOR if self.act.by == "monitor" else 1.2)
        while time.monotonic() < until:
            if self.act.by == "monitor":
                self.one()
            time.sleep(EVERY)
            if self.told is None and self.notice():
                until = min(until, time.monotonic() + 0.2)
        time.sleep(SOON)
        self.notice()

    def notice(self) -> bool:
        """Whether something was told since the act."""
        if self.told is not None:
            return True
        for at, line in list(self.watch.lines):
            if at >= self.began and self.of_the_act(line):
                self.told, self.by, self.words = at - self.began, "the monitor", line
                return True
        state = self.watch.state()
        if state in STATES:
            self.told, self.by, self.words = time.monotonic() - self.began, STATES[state], state
        return self.told is not None

    def of_the_act(self, line: str) -> bool:
        return self.act.name.startswith("reader-") or not any(words in line for words in NOT_RUN)

    def at_the_end(self, ended: float):
        """What is told only when the monitor ends, or when it can run again."""
        if self.told is not None:
            return
        for at, line in self.watch.lines:
            told = "no loss reported" not in line and any(words in line for words in ("lost", "another program", *NOT_RUN))
            if at >= ended and told and self.of_the_act(line):
                self.told, self.by, self.words = at - self.began, "the monitor, when it went on or ended", line
                return

    def unseen(self) -> int:
        """How many of what is due are not reported so far; accounting tells of ends only."""
        pids, words = self.watch.reported("exit" if self.technique == "accounting" else "exec", self.mark)
        return len(set(self.due) - pids - words)

    def result(self, code: int, lost, forged: int) -> str:
        if self.told is not None:
            return "told" if self.told <= TOLD_WITHIN else "told late"
        if code == REFUSED:
            return "refused"
        return "silent" if lost or forged else "without effect"
