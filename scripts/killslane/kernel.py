"""What the kernel says about itself, asked without the harness: audit, the proc connector, BPF, accounting."""

import ctypes
import os
import platform
import socket
import struct
from pathlib import Path

HEAD = struct.Struct("=IHHII")
NETLINK_AUDIT, NETLINK_CONNECTOR = 9, 11
AUDIT_GET, AUDIT_LIST_RULES, NLMSG_DONE = 1000, 1013, 3
REQUEST, DUMP = 1, 0x300
STATUS = ("mask", "enabled", "failure", "pid", "rate_limit", "backlog_limit", "lost", "backlog", "features",
          "backlog_wait_time")
# lost, backlog and features are not settings; a mask is only of requests.
SETTINGS = ("enabled", "failure", "pid", "rate_limit", "backlog_limit", "backlog_wait_time")
BPF_CALL = {"x86_64": 321, "aarch64": 280}
# Commands of bpf(2): the next id of a program, of a link.
BPF_NEXT = {"programs": 11, "links": 31}
FAN_NONBLOCK, FAN_MARK_FILESYSTEM, FAN_MODIFY = 0x2, 0x101, 0x2
# event_len, vers, reserved, metadata_len, mask, fd, pid
EVENT = struct.Struct("=IBBHQii")
LIBC = ctypes.CDLL(None, use_errno=True)


def messages(data: bytes):
    """Type and body of each netlink message in a datagram."""
    while len(data) >= HEAD.size:
        length, kind, *_ = HEAD.unpack_from(data)
        yield kind, data[HEAD.size:length]
        data = data[(length + 3) & ~3:]


def asked(kind: int, flags: int, last: int) -> list:
    """What the audit subsystem answers, until a message of the type `last`."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT) as link:
        link.settimeout(5)
        link.bind((0, 0))
        link.send(HEAD.pack(HEAD.size, kind, REQUEST | flags, 1, 0))
        found = []
        while not any(one[0] == last for one in found):
            found += messages(link.recv(1 << 16))
        return found


def audit() -> tuple:
    """The settings of audit and the number of its rules."""
    body = next(body for kind, body in asked(AUDIT_GET, 0, AUDIT_GET) if kind == AUDIT_GET)
    words = dict(zip(STATUS, struct.unpack_from(f"={min(len(STATUS), len(body) // 4)}I", body)))
    rules = sum(kind == AUDIT_LIST_RULES for kind, _ in asked(AUDIT_LIST_RULES, DUMP | 4, NLMSG_DONE))
    return (("rules", rules), *((name, words.get(name)) for name in SETTINGS))


def connector() -> bool:
    """Whether a fork is told to one that listens and did not ask for it: then it is on."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR) as link:
        link.bind((0, 1))
        forked()
        try:
            return bool(link.recv(4096, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return False


def listeners(table: str) -> int:
    """In /proc/net/netlink, sockets that are in a group of the connector or of audit."""
    rows = (line.split() for line in table.splitlines()[1:])
    return sum(row[1] in ("9", "11") and int(row[3], 16) != 0 for row in rows)


def bpf_ids(what: str) -> frozenset:
    """The ids of all BPF programs or links."""
    found, at = set(), 0
    attributes = ctypes.create_string_buffer(128)
    while True:
        struct.pack_into("=I", attributes, 0, at)
        if LIBC.syscall(BPF_CALL[platform.machine()], BPF_NEXT[what], attributes, 128) < 0:
            return frozenset(found)
        at = struct.unpack_from("=I", attributes, 4)[0]
        found.add(at)


def forked() -> int:
    """The pid of a process that did nothing and has ended."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def accounting(folder: Path) -> bool:
    """Whether the end of a process writes into a file of that file system, with a name or without: the kernel does
    not tell, but fanotify tells in whose name a file was written, and the process itself writes nothing."""
    fd = LIBC.fanotify_init(FAN_NONBLOCK, os.O_RDONLY)
    if fd < 0 or LIBC.fanotify_mark(fd, FAN_MARK_FILESYSTEM, ctypes.c_uint64(FAN_MODIFY), -1, bytes(folder)) < 0:
        raise OSError(ctypes.get_errno(), f"fanotify cannot watch {folder}: use a kernel with CONFIG_FANOTIFY")
    try:
        pid = forked()
        return pid in {event[6] for event in events(fd)}
    finally:
        os.close(fd)


def events(fd: int):
    """Of a fanotify group, all that are there; the descriptor in each is closed."""
    while True:
        try:
            data = os.read(fd, 1 << 16)
        except BlockingIOError:
            return
        while len(data) >= EVENT.size:
            event = EVENT.unpack_from(data)
            if event[5] >= 0:
                os.close(event[5])
            yield event
            data = data[event[0]:]
