/* What every program that makes processes does: claim slots, stamp events, end with its parent.
 *
 * Only the header of the ledger is mapped. Slots are written with pwrite: a page of the mapping
 * would be faulted in by every new process for a few bytes, which takes longer. A process that
 * writes many slots of others maps them all (map_slots). */
#ifndef PROCESS_H
#define PROCESS_H

#include "ledger.h"
#include "syscalls.h"
#include "text.h"

static struct ledger *ledger;
static int slots_mapped;
static int stamping;           /* 0: the same work without the ledger's cost */
static const char *own_nonce;
static u32 own_slot;
static struct by_process own;  /* goes into the own slot when this process ends */
static pid_t cached_pid;       /* 0 until getpid has been called */

/* ---- Stamps. */

static inline u64 now(void)
{
    struct timespec time;
    read_clock(CLOCK_MONOTONIC, &time);
    return (u64)time.tv_sec * 1000000000u + (u64)time.tv_nsec;
}

static inline void stamp(u64 *field)
{
    if (stamping)
        *field = now();
}

static inline pid_t current_pid(void)
{
    if (!cached_pid)
        cached_pid = raw_getpid();
    return cached_pid;
}

/* ---- Slots. */

/* A nonce is nTAG-SLOT, or "-" when nothing is stamped. */
static inline u32 slot_of_nonce(const char *nonce)
{
    const char *dash = last_dash(nonce);
    return (u32)parse_number(*dash == '-' ? dash + 1 : dash);
}

/* Appends the nonce of `slot`: the own one with another number. */
static inline char *append_nonce(char *to, u32 slot)
{
    const char *dash = last_dash(own_nonce);
    for (const char *c = own_nonce; c <= dash; c++)
        *to++ = *c;
    *to = 0;
    return stamping ? append_number(to, slot) : to;
}

/* Keeps the first call that failed, for the runner's error, and stops the run. */
static inline void record_failure(u32 slot, int why)
{
    u32 none = 0;
    if (__atomic_compare_exchange_n(&ledger->failed_errno, &none, (u32)why, 0, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        ledger->failed_slot = slot;
    __atomic_store_n(&ledger->stop, 1, __ATOMIC_SEQ_CST);
}

static inline int stopped(void) { return __atomic_load_n(&ledger->stop, __ATOMIC_RELAXED) != 0; }

/* Claims `count` consecutive slots; NO_SLOT when the run is stopped or has no slots left. */
static inline u32 claim_slots(u32 count)
{
    if (stopped())
        return NO_SLOT;
    u32 slot = __atomic_fetch_add(&ledger->used, count, __ATOMIC_RELAXED);
    return slot < ledger->slots && count <= ledger->slots - slot ? slot : NO_SLOT;
}

static inline void write_slot(u32 slot, size_t at, const void *bytes, size_t length)
{
    long offset = (long)(offsetof(struct ledger, slot) + slot * sizeof(struct slot) + at);
    if (!stamping)
        return;
    long written = write_at(LEDGER_FD, bytes, length, offset);
    if (written != (long)length)
        record_failure(slot, written < 0 ? (int)-written : ENOSPC);
}

static inline void map_slots(void)
{
    size_t bytes = sizeof *ledger + ledger->slots * sizeof(struct slot);
    ledger = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, LEDGER_FD, 0);
    if (ledger == MAP_FAILED)
        _exit(125);
    slots_mapped = 1;
}

/* First thing in the first program: opens the ledger, and stamps that the exec is done. */
static inline void open_ledger(const char *nonce)
{
    u64 begun = now();
    own_nonce = nonce;
    stamping = !equal(nonce, "-");
    own_slot = slot_of_nonce(nonce);
    ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED, LEDGER_FD, 0);
    if (ledger == MAP_FAILED)
        _exit(125);
    own.exec_before = begun;
    own.own_ppid = (u32)getppid();
}

/* ---- In the parent. */

/* The record of a process that is about to be made. */
static inline struct by_parent begin_record(u32 kinds, u32 program)
{
    struct by_parent record = {.kinds = kinds, .program = program, .parent_slot = own_slot};
    if (stamping)
        record.ppid = (u32)current_pid();
    stamp(&record.fork_after);
    return record;
}

/* Waits until a child ends; -1 when there is none. */
static inline pid_t reap(pid_t pid, int *status)
{
    pid_t got;
    do
        got = waitpid(pid, status, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Writes the record of the process of `slot`, which has been waited for. */
static inline void end_record(u32 slot, struct by_parent *record, pid_t pid, int status)
{
    stamp(&record->exit_before);
    record->pid = (u32)pid;
    record->status = status;
    if (slots_mapped && stamping)
        ledger->slot[slot].by_parent = *record;
    else
        write_slot(slot, offsetof(struct slot, by_parent), record, sizeof *record);
}

/* When the call that made `pid` has returned: waits for its end. */
static inline void wait_and_record(u32 slot, struct by_parent *record, pid_t pid)
{
    int status = 0;
    stamp(&record->fork_before);
    if (pid < 0)
        record_failure(slot, errno);
    else if (reap(pid, &status) == pid)
        end_record(slot, record, pid, status);
}

/* ---- In a new process. */

/* Never outlive the parent. It may have died before the kernel was told. */
static inline void die_with_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
}

/* For a process that stays in this program: from now on its slot is `slot`. */
static inline void enter_slot(u32 slot, pid_t parent)
{
    own = (struct by_process){0};
    cached_pid = 0;
    die_with_parent(parent);
    own_slot = slot;
    own.own_ppid = (u32)parent;
}

/* Exit codes differ, so that a monitor that always reports 0 is wrong. */
static inline int exit_code_of(u32 slot) { return (int)(slot % 7); }

/* The last thing a process does before it ends with the code that this returns. */
static inline int record_exit(void)
{
    own.code = exit_code_of(own_slot);
    if (!stamping)
        return own.code;
    /* What was stamped before an exec is in the slot already. */
    size_t from = own.exec_before ? offsetof(struct by_process, exec_before) : 0;
    own.own_pid = (u32)current_pid();
    own.exit_after = now();
    write_slot(own_slot, offsetof(struct slot, by_process) + from, (char *)&own + from,
               sizeof own - from);
    return own.code;
}

/* Executes `path`. After vfork the process borrows its parent's memory: nothing here may change
 * what the parent still needs. */
static inline void exec_program(u32 slot, pid_t parent, const char *path, char **args)
{
    u64 exec_after = 0;
    die_with_parent(parent);
    stamp(&exec_after);
    write_slot(slot, offsetof(struct slot, by_process.exec_after), &exec_after, sizeof exec_after);
    execve(path, args, environ);
    record_failure(slot, errno);
    _exit(127);
}

/* The stamp before an exec is passed to a leaf in its environment: it writes it with its own stamps,
 * in one write instead of two. */
#define EXEC_AFTER "ROLLCALL_EXEC_AFTER="
#define MAX_ENVIRONMENT 64

/* As exec_program, for a leaf. */
static inline void exec_leaf(u32 slot, pid_t parent, const char *path, char **args)
{
    char word[sizeof EXEC_AFTER + 20], *env[MAX_ENVIRONMENT];
    u32 count = 0;
    while (environ[count] && count < MAX_ENVIRONMENT - 2) {
        env[count] = environ[count];
        count++;
    }
    if (!stamping || environ[count])
        exec_program(slot, parent, path, args);
    die_with_parent(parent);
    append_number(append(word, EXEC_AFTER), now());
    env[count] = word;
    env[count + 1] = NULL;
    execve(path, args, env);
    record_failure(slot, errno);
    _exit(127);
}

/* In a leaf: the stamp from its environment; 0 when there is none. */
static inline u64 inherited_exec_stamp(void)
{
    for (char **entry = environ; *entry; entry++) {
        const char *value = after_prefix(*entry, EXEC_AFTER);
        if (value)
            return parse_number(value);
    }
    return 0;
}

#endif
