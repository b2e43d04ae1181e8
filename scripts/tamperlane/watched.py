"""A watch under attack: what it reports, what it says and when, and what its starter is told of it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

from child import dies_with_us


class Watch:
    """`harness watch LABEL`, from when it watches."""

    def __init__(self, harness: pathlib.Path, label: str, folder: pathlib.Path, uid: int | None):
        self.lines, self.out = [], folder / "events"
        user = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        with self.out.open("wb") as out:
            self.child = subprocess.Popen([harness, "watch", label, "--format", "json", "--lock-held"], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.PIPE, preexec_fn=dies_with_us(signal.SIGTERM), cwd="/",
                                          env={**os.environ, "TMPDIR": str(folder)}, **user)
        self.pid, self.ended = self.child.pid, None
        self.reader = threading.Thread(target=self.listen, daemon=True)
        self.reader.start()
        if not self.until(90, lambda: self.said("watching with")):
            self.end()
            raise RuntimeError(f"watch {label} does not start: {self.text()}")
        # The line with the environment follows at once, where there is one.
        if uid is not None and not self.until(5, lambda: self.said("LD_PRELOAD=")):
            self.end()
            raise RuntimeError(f"watch {label} names no environment: {self.text()}")
        self.environment = dict(re.findall(r"^(\w+)=(.*)$", "\n".join(self.text().split()), re.M))

    def listen(self):
        for line in self.child.stderr:
            self.lines.append((time.monotonic(), line.decode(errors="replace").rstrip()))

    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def said(self, words: str) -> bool:
        return any(words in line for _, line in self.lines)

    def until(self, seconds: float, done) -> bool:
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end or self.child.poll() is not None:
                return done()
            time.sleep(0.01)
        return True

    def state(self) -> str:
        """What waitpid tells the process that started it: "stopped", "killed", "ended" or nothing."""
        if self.ended:
            return self.ended
        flags = os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        found = os.waitid(os.P_PID, self.pid, flags)
        if found is None:
            return ""
        if found.si_code == os.CLD_STOPPED:
            return "stopped"
        return "killed" if found.si_code in (os.CLD_KILLED, os.CLD_DUMPED) else "ended"

    def end(self):
        """Ends it in order, if it can be."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            self.child.send_signal(signal.SIGCONT)
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.reader.join(5)

    def reported(self, kind: str, mark: str):
        """Of the events of this kind the pids, and the marks of programs that were executed with one: not of those that only
        pass it on (env, setpriv, sh)."""
        pids, words = set(), set()
        # The last line may be half written.
        for line in self.out.read_bytes().rpartition(b"\n")[0].splitlines():
            if f'"kind":"{kind}"'.encode() not in line:
                continue
            event = json.loads(line)
            pids.add(event["pid"])
            argv = event.get("argv") or [""]
            if argv[0] == "true" or argv[1:2] == ["linger"]:
                words.update(word for word in argv if str(word).startswith(mark))
        return pids, words
