/* What the files of the hook library share. The layout is the other half of ../layout.rs.
 *
 * Everything here may run in a signal handler, in a vfork child or while another thread holds any
 * lock: no malloc, no locks, no stdio, errno as it was. */
#ifndef ROLLCALL_H
#define ROLLCALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define MAGIC "RCPRELD1"
#define SLOT_BYTES 256
#define DATA_BYTES 216
#define HEAD_BYTES 65536
#define ARGV_MOST 4096
#define EXE_MOST 4096
#define PARTS_MOST 38

/* The first page of the channel. Words that different sides write lie in lines of their own. A hole
 * follows, so long that the first look at this page maps no slots along with it: see claim in
 * ring.c. */
struct channel {
    char magic[8];
    uint32_t slots; /* a power of two */
    uint32_t slot_bytes;
    _Atomic uint32_t closed; /* the reader is gone */
    _Alignas(64) _Atomic uint64_t head; /* the next slot to claim, counted through all laps */
    _Alignas(64) _Atomic uint64_t dropped;
    _Alignas(64) _Atomic uint32_t sleeping; /* a futex: 1 while the reader sleeps */
};

/* state: lap << 32 | thread << 10 | part << 2 | tag. */
enum { FREE = 0, BUSY = 1, READY = 2 };

struct slot {
    _Atomic uint64_t state;
    uint64_t happened;
    uint32_t pid;
    uint32_t tid;
    uint32_t ppid;
    int32_t status;
    uint8_t kind;
    uint8_t flags;
    uint8_t part;
    uint8_t parts;
    uint16_t exe_bytes;
    uint16_t used;
    unsigned char data[DATA_BYTES];
};

_Static_assert(sizeof(struct slot) == SLOT_BYTES, "a slot is as long as ../layout.rs says");
_Static_assert(offsetof(struct slot, data) == 40, "a record begins as ../layout.rs says");
_Static_assert(offsetof(struct channel, closed) == 16 && offsetof(struct channel, head) == 64 &&
                   offsetof(struct channel, dropped) == 128 &&
                   offsetof(struct channel, sleeping) == 192,
               "the first page is as ../layout.rs says");
_Static_assert(PARTS_MOST * DATA_BYTES >= EXE_MOST + ARGV_MOST, "the longest record fits");

enum kind {
    KIND_FORK = 1,    /* pid is the child */
    KIND_ATTEMPT = 2, /* exec is about to be called */
    KIND_RETRACT = 3, /* it returned, so it failed */
    KIND_IMAGE = 4,   /* a new program image has started */
    KIND_SPAWN = 5,   /* fork and exec of pid, both known to have been made */
    KIND_EXIT = 6,
};
enum flag {
    FLAG_EXE = 1, /* exe is told */
    FLAG_EXE_CUT = 2,
    FLAG_ARGV = 4, /* argv is told */
    FLAG_ARGV_CUT = 8,
    FLAG_VFORK = 16, /* the child had exec'ed or ended before this was written */
};

struct note {
    enum kind kind;
    unsigned flags; /* FLAG_VFORK only; the others follow from what is told */
    pid_t pid;
    pid_t ppid;
    int status;
    uint64_t happened;
    const char *exe; /* NULL: not known */
    size_t exe_bytes;
    bool exe_cut;
    char *const *argv; /* NULL: not told */
};

/* ring.c */
bool rollcall_open(const char *path);
bool rollcall_active(void);
void rollcall_put(const struct note *note);
uint64_t rollcall_now(void);
pid_t rollcall_pid(void);
pid_t rollcall_ppid(void);

/* life.c: the kernel fills an empty argv. */
bool rollcall_fills_argv(void);

/* reach.c: whether a caller's memory can be read, as far as it is going to be. */
bool rollcall_reaches_text(const char *text);
bool rollcall_reaches_argv(char *const *argv);

/* look.c: what exec will make of a path. */
enum look {
    LOOK_UNSEEN,  /* could not be told */
    LOOK_REFUSED, /* exec will fail */
    LOOK_ELF,     /* exe is the file that will run */
    LOOK_SCRIPT,  /* an interpreter will run, whichever */
    LOOK_OTHER,   /* neither; execvp gives it to the shell */
};
struct seen {
    enum look look;
    bool cut;
    size_t bytes;
    char exe[EXE_MOST];
};
void rollcall_look(int dir, const char *path, int flags, struct seen *seen);
void rollcall_search(const char *name, struct seen *seen);
/* Copies `path` to `exe` where it is what /proc/PID/exe calls its file: from the root, and nothing on
 * the way is a link, "." or "..". Its length, or 0, also where there is no /proc to ask instead. Found
 * without a look into /proc/PID, where the kernel would have to make up a folder for each new process and to take
 * it away again: that costs it ten times as much. */
size_t rollcall_straight(const char *path, char *exe, struct stat *file);

#define HOOK __attribute__((visibility("default")))

/* The function this library stands in front of. Found in the constructor; the second look is for
 * a constructor of another library that calls one of these before ours has run. */
#define REAL(name) ((__typeof__(&name))rollcall_real(&rollcall_##name, #name))
void *rollcall_real(void **place, const char *name);
#define REALS(each)                                                                                \
    each(fork) each(_Fork) each(clone) each(execve) each(execvpe) each(execveat) each(fexecve)     \
        each(posix_spawn) each(posix_spawnp) each(_exit) each(quick_exit)
#define DECLARE(name) extern void *rollcall_##name;
REALS(DECLARE)

#endif
