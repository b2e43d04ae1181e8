/* tells.h: what tell.c says of itself, and how fields.c and containers.c write it down.
 *
 * Details are the fields of an event beside exe, argv, ppid and status, in the order of the numbers
 * below, as harness/contract/src/details.rs reads them: the number of the field in one byte, then
 * eight bytes of a number, or two of a length and a text. */
#ifndef TELLS_H
#define TELLS_H

#include "ledger.h"

#define TELL_FD 201
#define TELL_MOST 8192

enum {
    TOLD_PATH = 4, TOLD_COMM, TOLD_CWD, TOLD_UID, TOLD_EUID, TOLD_GID, TOLD_AUID, TOLD_SESSION,
    TOLD_TTY, TOLD_START, TOLD_CGROUP, TOLD_PID_NS, TOLD_INNER_PID,
};

/* What comes through the pipe: the pid as /proc has it, and details of so many bytes. */
struct told {
    u32 pid, length;
    unsigned char details[TELL_MOST];
};

#endif
