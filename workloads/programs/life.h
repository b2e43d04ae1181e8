/* What every program that makes processes does: stamp, claim a slot, die with its parent. */
#ifndef LIFE_H
#define LIFE_H

#include "ledger.h"
#include "os.h"

/* The header is mapped. Slots are written with pwrite: a page of the mapping would have to be
 * faulted in by every new process for the sake of a few bytes, which takes longer. Only who stays
 * and writes about many others has them mapped (map_slots). */
static struct ledger *ledger;
static int mapped;
static pid_t known; /* my own pid, once I have asked for it */
static u32 me;            /* my slot */
static struct lived mine; /* what I write into it when I leave */
static int bare;         /* not stamping: the same work without the ledger's cost */
static const char *self; /* my nonce */

static inline u64 now(void)
{
    struct timespec time;
    read_clock(CLOCK_MONOTONIC, &time);
    return (u64)time.tv_sec * 1000000000u + (u64)time.tv_nsec;
}

static inline pid_t my_pid(void)
{
    if (!known)
        known = own_pid();
    return known;
}

static inline void stamp(u64 *field)
{
    if (!bare)
        *field = now();
}

static inline u64 number(const char *digits)
{
    u64 value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        value = value * 10 + (u64)(*digits - '0');
    return value;
}

static inline int same(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return *a == *b;
}

/* A nonce is nTAG-SLOT, or "-" when nothing is stamped. */
static inline u32 slot_of(const char *nonce)
{
    const char *digits = nonce;
    for (const char *c = nonce; *c; c++)
        if (*c == '-')
            digits = c + 1;
    return (u32)number(digits);
}

static inline char *append(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = 0;
    return to;
}

static inline char *append_number(char *to, u64 value)
{
    char digits[21], *digit = digits + 20;
    *digit = 0;
    do
        *--digit = (char)('0' + value % 10);
    while (value /= 10);
    return append(to, digit);
}

/* Appends the nonce of `slot`: mine, with another number. */
static inline char *append_nonce(char *to, u32 slot)
{
    const char *dash = self;
    for (const char *c = self; *c; c++)
        if (*c == '-')
            dash = c;
    for (const char *c = self; c <= dash; c++)
        *to++ = *c;
    *to = 0;
    return bare ? to : append_number(to, slot);
}

/* Remembers the first call that failed and stops the run: the runner says which it was. */
static inline void fail(u32 slot, int why)
{
    u32 none = 0;
    if (__atomic_compare_exchange_n(&ledger->failed_errno, &none, (u32)why, 0, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        ledger->failed_slot = slot;
    __atomic_store_n(&ledger->stop, 1, __ATOMIC_SEQ_CST);
}

/* Claims `count` slots in a row; NO_SLOT when it is time to stop or the budget is spent. */
static inline u32 claim(u32 count)
{
    if (__atomic_load_n(&ledger->stop, __ATOMIC_RELAXED))
        return NO_SLOT;
    u32 slot = __atomic_fetch_add(&ledger->used, count, __ATOMIC_RELAXED);
    return slot < ledger->slots && count <= ledger->slots - slot ? slot : NO_SLOT;
}

static inline void put(u32 slot, size_t at, const void *bytes, size_t length)
{
    long where = (long)(offsetof(struct ledger, slot) + slot * sizeof(struct slot) + at);
    if (bare)
        return;
    long written = write_at(LEDGER_FD, bytes, length, where);
    if (written != (long)length)
        fail(slot, written < 0 ? (int)-written : ENOSPC);
}

/* What will happen to the process of a slot, just before I make it. */
static inline struct made plan(u32 kinds, u32 program)
{
    struct made made = {.kinds = kinds, .program = program, .parent = me};
    if (!bare)
        made.ppid = (u32)my_pid();
    stamp(&made.fork_after);
    return made;
}

/* In a new process: never outlive the parent. It may have died before the kernel was told. */
static inline void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
}

/* In a new process that stays in this program: from now on I am `slot`. */
static inline void become(u32 slot, pid_t parent)
{
    mine = (struct lived){0};
    known = 0;
    die_with(parent);
    me = slot;
    mine.own_ppid = (u32)parent;
}

/* In a new process that will now execute something: writes down that it came this far. */
static inline void depart(u32 slot)
{
    u64 exec_after = 0;
    stamp(&exec_after);
    put(slot, offsetof(struct slot, lived.exec_after), &exec_after, sizeof exec_after);
}

/* Exit codes differ, so that a monitor that always says 0 is found out. */
static inline int code_of(u32 slot) { return (int)(slot % 7); }

/* The last thing a process does before it ends with the code that this returns. */
static inline int leave(void)
{
    mine.code = code_of(me);
    if (bare)
        return mine.code;
    /* What was stamped before an exec is in the slot already. */
    size_t from = mine.exec_before ? offsetof(struct lived, exec_before) : 0;
    mine.own_pid = (u32)my_pid();
    mine.exit_after = now();
    put(me, offsetof(struct slot, lived) + from, (char *)&mine + from, sizeof mine - from);
    return mine.code;
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

/* Writes down all I know of the process of `slot`, when I have waited for it. */
static inline void buried(u32 slot, struct made *made, pid_t pid, int status)
{
    stamp(&made->exit_before);
    made->pid = (u32)pid;
    made->status = status;
    if (mapped && !bare)
        ledger->slot[slot].made = *made;
    else
        put(slot, offsetof(struct slot, made), made, sizeof *made);
}

/* First thing in the first program: opens the ledger, and stamps that the exec is done. */
static inline void open_ledger(const char *nonce)
{
    u64 begun = now();
    self = nonce;
    bare = same(nonce, "-");
    me = slot_of(nonce);
    ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED, LEDGER_FD, 0);
    if (ledger == MAP_FAILED)
        _exit(125);
    mine.exec_before = begun;
    mine.own_ppid = (u32)getppid();
}

/* In a new process that executes `path`. After vfork it borrows its parent's memory: nothing here
 * may touch what the parent still needs. */
static inline void become_program(u32 slot, pid_t parent, const char *path, char **args)
{
    die_with(parent);
    depart(slot);
    execve(path, args, environ);
    fail(slot, errno);
    _exit(127);
}

/* In a program whose workers stay while those they start come and go. */
static inline void map_slots(void)
{
    size_t bytes = sizeof *ledger + ledger->slots * sizeof(struct slot);
    ledger = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, LEDGER_FD, 0);
    if (ledger == MAP_FAILED)
        _exit(125);
    mapped = 1;
}

/* The stamp before an exec is handed to a leaf in its environment: it writes it down with its own,
 * in one write instead of two. */
#define EXEC_AFTER "ROLLCALL_EXEC_AFTER="
#define MOST_ENV 64

/* As become_program, for a leaf. */
static inline void become_leaf(u32 slot, pid_t parent, const char *path, char **args)
{
    char word[sizeof EXEC_AFTER + 20], *env[MOST_ENV];
    u32 count = 0;
    while (environ[count] && count < MOST_ENV - 2) {
        env[count] = environ[count];
        count++;
    }
    if (bare || environ[count])
        become_program(slot, parent, path, args);
    die_with(parent);
    append_number(append(word, EXEC_AFTER), now());
    env[count] = word;
    env[count + 1] = NULL;
    execve(path, args, env);
    fail(slot, errno);
    _exit(127);
}

/* In a leaf: the stamp that was handed over; 0 when there is none. */
static inline u64 handed_over(void)
{
    for (char **e = environ; *e; e++) {
        const char *word = *e, *name = EXEC_AFTER;
        while (*name && *word == *name)
            word++, name++;
        if (!*name)
            return number(word);
    }
    return 0;
}

/* In the parent, when the call that made `pid` has returned: waits for its end. */
static inline void see_off(u32 slot, struct made *made, pid_t pid)
{
    int status = 0;
    stamp(&made->fork_before);
    if (pid < 0)
        fail(slot, errno);
    else if (reap(pid, &status) == pid)
        buried(slot, made, pid, status);
}

struct worker {
    pid_t pid;
    u32 slot;
    struct made made;
};

static u32 turn; /* in a worker: the how-manieth it is, from 0 */

/* Starts one process that does `work` so many times; 0 when it cannot. */
static inline int hire(struct worker *worker, u32 times, void (*work)(void))
{
    pid_t parent = my_pid();
    worker->slot = claim(1);
    if (worker->slot == NO_SLOT)
        return 0;
    worker->made = plan(FORK | EXIT, 0);
    worker->pid = fork();
    if (worker->pid == 0) {
        become(worker->slot, parent);
        while (times-- && !__atomic_load_n(&ledger->stop, __ATOMIC_RELAXED))
            work();
        _exit(leave());
    }
    stamp(&worker->made.fork_before);
    if (worker->pid < 0)
        fail(worker->slot, errno);
    return worker->pid > 0;
}

/* Starts `width` processes side by side, each doing its share of `count` times `work`. */
static inline void share(u32 count, u32 width, void (*work)(void))
{
    static struct worker workers[64];
    u32 hired = 0;
    while (hired < width && hired < 64 &&
           hire(&workers[hired], count / width + (hired < count % width), work))
        turn = ++hired;
    for (u32 left = hired; left; left--) {
        int status = 0;
        pid_t pid = reap(-1, &status);
        for (u32 i = 0; i < hired; i++)
            if (workers[i].pid == pid)
                buried(workers[i].slot, &workers[i].made, pid, status);
    }
}

#endif
