"""A tool for the tests: it reads the proc connector, prints event lines, and plants faults. Of every ten
processes of the workload it loses a fork, repeats an exec, adds a fork that never was, alters a status
and delays an exit by 300 ms; it writes the number of each into the file COUNTS.
Usage: faulty_tool.py plant|hang|die COUNTS"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

mode, counts = sys.argv[1:]
planted = dict.fromkeys(("lost", "duplicates", "false_positives", "wrong", "late"), 0)
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 11)
sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
sock.bind((0, 1))
sock.settimeout(0.02)


def set_listening(what):
    message = struct.pack("=IIIIHHI", 1, 1, 0, 0, 4, 0, what)
    sock.send(struct.pack("=IHHII", 16 + len(message), 3, 0, 0, os.getpid()) + message)


def report(kind, pid, ppid=None, status=None):
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
set_listening(1)
parent, workers, place, delayed = None, set(), {}, []


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
            planted["lost"] += 1
            return
        if place[pid] == 2:
            planted["false_positives"] += 1
            report("fork", 4_000_000_000 + pid, ppid)
    report("fork", pid, ppid)


def executed(pid):
    global parent
    if parent is None and launcher(pid):
        parent = pid
        if mode == "die":
            sys.exit(7)
    report("exec", pid)
    if place.get(pid) == 1:
        planted["duplicates"] += 1
        report("exec", pid)


def ended(pid, status):
    if place.get(pid) == 3:
        planted["late"] += 1
        delayed.append((time.monotonic() + 0.3, pid, status))
        return
    if place.get(pid) == 4:
        planted["wrong"] += 1
        status ^= 0x100
    report("exit", pid, status=status)


while not stopping or delayed:
    while delayed and delayed[0][0] <= time.monotonic():
        _, pid, status = delayed.pop(0)
        report("exit", pid, status=status)
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
set_listening(2)
with open(counts, "w") as file:
    json.dump(planted, file)
