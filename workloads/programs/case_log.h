/* case_log.h: what a driver writes about the processes of its case, behind the slots of the ledger.
 * src/ledger/case_log.rs reads it.
 *
 * Each event has a window in which it happened: from the start of the case, or from the last
 * `next_window`, to the next one, or to the end. */
#ifndef CASE_LOG_H
#define CASE_LOG_H

#include "process.h"

/* The kind of an entry that is no event: an id that was the workload's. */
enum { OWNED = 3 };
enum { KNOWS_PPID = 1, KNOWS_STATUS = 2, KNOWS_EXE = 4, KNOWS_ARGV = 8 };

/* One event, followed by exe, argv, details, and zeros up to a multiple of 8. */
struct log_entry {
    u64 after, before;
    u32 kind, known;
    u32 pid, ppid;
    i32 status;
    u32 exe, argv, details; /* their lengths; details as tells.h has them */
};
_Static_assert(sizeof(struct log_entry) == 48, "as case_log.rs has it");

static char *case_log;
static size_t log_length;
static size_t window_at; /* the first entry of the open window */
static u64 window_start;

/* Ends the driver when a call that cannot fail has failed. */
static void __attribute__((noreturn, unused)) fail_case(const char *what)
{
    dprintf(2, "%s: %s\n", what, strerror(errno));
    _exit(1);
}

static inline void require(int holds, const char *what)
{
    if (!holds)
        fail_case(what);
}

static inline size_t argv_bytes(char *const argv[])
{
    size_t sum = 0;
    for (; argv != NULL && *argv != NULL; argv++)
        sum += strlen(*argv) + 1;
    return sum;
}

static inline size_t entry_bytes(const struct log_entry *entry)
{
    return (sizeof *entry + entry->exe + entry->argv + entry->details + 7) & ~(size_t)7;
}

static inline void log_entry(struct log_entry entry, const char *exe, char *const argv[],
                             const void *details)
{
    entry.exe = exe != NULL ? (u32)strlen(exe) : 0;
    entry.argv = (u32)argv_bytes(argv);
    entry.after = window_start;
    size_t length = entry_bytes(&entry);
    case_log = realloc(case_log, log_length + length);
    require(case_log != NULL, "realloc");
    char *to = case_log + log_length;
    memset(to, 0, length);
    memcpy(to, &entry, sizeof entry);
    memcpy(to + sizeof entry, exe, entry.exe);
    to += sizeof entry + entry.exe;
    for (; argv != NULL && *argv != NULL; argv++)
        to = stpcpy(to, *argv) + 1;
    if (details != NULL)
        memcpy(to, details, entry.details);
    log_length += length;
}

static inline void log_fork(pid_t pid, pid_t ppid)
{
    struct log_entry entry = {.kind = 0, .known = KNOWS_PPID, .pid = (u32)pid, .ppid = (u32)ppid};
    log_entry(entry, NULL, NULL, NULL);
}

/* `argv` is NULL where the driver does not know it. */
static inline void log_exec(pid_t pid, pid_t ppid, const char *exe, char *const argv[])
{
    u32 known = KNOWS_PPID | KNOWS_EXE | (argv != NULL ? KNOWS_ARGV : 0);
    struct log_entry entry = {.kind = 1, .known = known, .pid = (u32)pid, .ppid = (u32)ppid};
    log_entry(entry, exe, argv, NULL);
}

static inline void log_exit(pid_t pid, int status)
{
    struct log_entry entry = {.kind = 2, .known = KNOWS_STATUS, .pid = (u32)pid, .status = status};
    log_entry(entry, NULL, NULL, NULL);
}

/* An id that is the workload's and has no event of its own. */
static inline void log_owned(pid_t id)
{
    struct log_entry entry = {.kind = OWNED, .pid = (u32)id};
    log_entry(entry, NULL, NULL, NULL);
}

/* All that was logged so far happened before now, all that will be logged happens after. */
static inline void next_window(void)
{
    window_start = now();
    while (window_at < log_length) {
        struct log_entry *entry = (struct log_entry *)(case_log + window_at);
        entry->before = window_start;
        window_at += entry_bytes(entry);
    }
}

/* Writes it behind the driver's own slot. */
static void write_case_log(void)
{
    long at = (long)(offsetof(struct ledger, slot) + sizeof(struct slot));
    for (size_t done = 0; stamping && done < log_length;) {
        ssize_t count = pwrite(LEDGER_FD, case_log + done, log_length - done, at + (long)done);
        require(count > 0, "the ledger cannot be written");
        done += (size_t)count;
    }
}

#endif
