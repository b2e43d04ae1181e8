"""A tool for the tests: it reads the proc connector, prints event lines, and does wrong exactly what
it is asked to. Of every ten processes of the workload it loses a fork, repeats an exec, invents a
fork, alters a status and holds an end back for 300 ms; what it did it writes down.
Usage: liar.py lie|hang|die COUNTS"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

mode, counts = sys.argv[1:]
told = dict.fromkeys(("lost", "duplicates", "false_positives", "wrong", "late"), 0)
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 11)
sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
sock.bind((0, 1))
sock.settimeout(0.02)


def ask(what):
    message = struct.pack("=IIIIHHI", 1, 1, 0, 0, 4, 0, what)
    sock.send(struct.pack("=IHHII", 16 + len(message), 3, 0, 0, os.getpid()) + message)


def say(kind, pid, ppid=None, status=None):
    line = {"kind": kind, "pid": pid, "ppid": ppid, "happened_ns": None, "received_ns": None,
            "exe": None, "argv": None, "status": status}
    print(json.dumps(line), flush=True)


stopping = False


def stop(*_):
    global stopping
    stopping = True


signal.signal(signal.SIGINT, signal.SIG_IGN if mode == "hang" else stop)
if mode == "hang":
    subprocess.Popen(["sleep", "31.006"])
ask(1)
parent, workers, place, held = None, set(), {}, []


def launcher(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"launch-" in file.read().split(b"\0")[0]
    except OSError:
        return False


def forked(pid, ppid):
    if ppid == parent:
        workers.add(pid)
    if ppid in workers:
        place[pid] = len(place) % 10
        if place[pid] == 0:
            told["lost"] += 1
            return
        if place[pid] == 2:
            told["false_positives"] += 1
            say("fork", 4_000_000_000 + pid, ppid)
    say("fork", pid, ppid)


def executed(pid):
    global parent
    if parent is None and launcher(pid):
        parent = pid
        if mode == "die":
            sys.exit(7)
    say("exec", pid)
    if place.get(pid) == 1:
        told["duplicates"] += 1
        say("exec", pid)


def ended(pid, status):
    if place.get(pid) == 3:
        told["late"] += 1
        held.append((time.monotonic() + 0.3, pid, status))
        return
    if place.get(pid) == 4:
        told["wrong"] += 1
        status ^= 0x100
    say("exit", pid, status=status)


while not stopping or held:
    while held and held[0][0] <= time.monotonic():
        _, pid, status = held.pop(0)
        say("exit", pid, status=status)
    try:
        data = sock.recv(4096)
    except TimeoutError:
        continue
    what, _, _, *rest = struct.unpack_from("=IIQIIII", data, 36)
    if what == 1 and rest[2] == rest[3]:
        forked(rest[3], rest[1])
    elif what == 2:
        executed(rest[1])
    elif what == 0x80000000 and rest[0] == rest[1]:
        ended(rest[1], rest[2])
ask(2)
with open(counts, "w") as file:
    json.dump(told, file)
