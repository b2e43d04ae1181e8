/* The ledger as the programs see it. src/ledger/slot.rs is the same in Rust, and a test compares
 * the two. Numbers are little-endian; times are nanoseconds of CLOCK_MONOTONIC, 0 = not stamped.
 *
 * No two processes ever write the same field: the first half of a slot belongs to the process that
 * claimed it, which is the parent; the second half to the process that the slot is about. */
#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t u32;
typedef int32_t i32;
typedef uint64_t u64;

/* High enough that no shell and no library takes it by accident. */
#define LEDGER_FD 200
#define NO_SLOT 0xffffffffu

/* Which events a slot has, and which of them are caused by a program that stamps nothing (a shell). */
enum {
    FORK = 1,
    EXEC = 2,
    EXIT = 4,
    LOOSE_FORK = 8,
    LOOSE_EXEC = 16,
    LOOSE_EXIT = 32,
    /* posix_spawn: there is no stamp between fork and exec. */
    SPAWN = 64,
};

/* Written by the parent when waitpid has returned the process. */
struct by_parent {
    u64 fork_after;  /* just before the call that makes the process */
    u64 fork_before; /* just after it returned in the parent */
    u64 exit_before; /* after waitpid had returned it */
    u32 pid;         /* what the call returned */
    u32 ppid;        /* the pid of the process that claimed the slot */
    u32 parent_slot; /* the slot of the process that forks */
    u32 program;     /* index of what it executes */
    u32 kinds;
    i32 status;      /* as waitpid gave it */
    u64 due;         /* when it was to be made, where there is a timetable */
};

/* Written by the process that the slot is about. */
struct by_process {
    u64 exec_after;  /* just before execve */
    u64 exec_before; /* first thing in the new program */
    u64 exit_after;  /* just before it ends */
    u32 own_pid;     /* getpid and getppid, as the process itself sees them */
    u32 own_ppid;
    i32 code;        /* the exit code it is about to give */
    u32 spare;
};

struct slot {
    struct by_parent by_parent;
    u64 spare_by_parent;
    struct by_process by_process;
    u64 spare_by_process[3];
} __attribute__((aligned(128)));

/* What many processes change at once has a cache line of its own. */
struct ledger {
    char magic[8];
    u32 version;
    u32 slots; /* also the budget: without a slot nothing is forked */
    u32 cap;   /* upper limit of processes at once */
    u32 spare[11];
    u32 used __attribute__((aligned(64))); /* slots claimed */
    u32 live __attribute__((aligned(64))); /* places taken of `cap` */
    u32 stop __attribute__((aligned(64))); /* not 0: fork no more */
    u32 failed_errno;                      /* the first call that failed, 0 = none */
    u32 failed_slot;
    struct slot slot[] __attribute__((aligned(128)));
};

_Static_assert(sizeof(struct by_parent) == 56 && sizeof(struct by_process) == 40, "no gaps");
_Static_assert(sizeof(struct slot) == 128, "a slot is two cache lines");
_Static_assert(offsetof(struct slot, by_process) == 64, "one for each writer");
_Static_assert(offsetof(struct ledger, used) == 64, "same as slot.rs");
_Static_assert(offsetof(struct ledger, live) == 128, "same as slot.rs");
_Static_assert(offsetof(struct ledger, stop) == 192, "same as slot.rs");
_Static_assert(offsetof(struct ledger, slot) == 256, "same as slot.rs");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the ledger is little-endian");

#endif
