/* How processes begin and end, and the constructor of every new image. */
#define _GNU_SOURCE
#include "kernel.h"
#include "rollcall.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>

#define DEFINE(name) void *rollcall_##name;
REALS(DEFINE)

void *rollcall_real(void **place, const char *name) {
    if (*place == NULL)
        *place = dlsym(RTLD_NEXT, name);
    return *place;
}

/* The process whose end has been written down while it had handlers left to run, one of which may
 * call _exit. A vfork child writes to its parent's copy, so the parent forgets it. */
static pid_t ended;

static void forked(pid_t child, pid_t parent, uint64_t happened, unsigned flags) {
    struct note note = {.kind = KIND_FORK, .flags = flags, .pid = child, .ppid = parent,
                        .happened = happened};
    rollcall_put(&note);
}

HOOK pid_t fork(void) {
    uint64_t now = rollcall_now();
    pid_t child = REAL(fork)();
    if (child > 0 && rollcall_active())
        forked(child, rollcall_pid(), now, 0);
    return child;
}

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
HOOK pid_t _Fork(void) {
    uint64_t now = rollcall_now();
    pid_t child = REAL(_Fork)();
    if (child > 0 && rollcall_active())
        forked(child, rollcall_pid(), now, 0);
    return child;
}
#endif

/* Called by vfork.S in the parent, once its child has exec'ed or ended. */
void rollcall_vforked(pid_t child, uint64_t happened);
void rollcall_vforked(pid_t child, uint64_t happened) {
    ended = 0;
    if (rollcall_active())
        forked(child, rollcall_pid(), happened, FLAG_VFORK);
}

long rollcall_vfork_failed(long result);
long rollcall_vfork_failed(long result) {
    errno = (int)-result;
    return -1;
}

HOOK int clone(int (*body)(void *), void *stack, int flags, void *argument, ...) {
    va_list list;
    va_start(list, argument);
    pid_t *parent_tid = va_arg(list, pid_t *);
    void *tls = va_arg(list, void *);
    pid_t *child_tid = va_arg(list, pid_t *);
    va_end(list);
    uint64_t now = rollcall_now();
    int child = REAL(clone)(body, stack, flags, argument, parent_tid, tls, child_tid);
    if (child > 0 && (flags & CLONE_THREAD) == 0 && rollcall_active())
        forked(child, flags & CLONE_PARENT ? rollcall_ppid() : rollcall_pid(), now, 0);
    return child;
}

/* `last`: nothing of the program runs after it. Then nothing is kept either, since in a child of
 * fork that would be a page to copy. */
static void ending(int status, bool last) {
    if (!rollcall_active())
        return;
    uint64_t now = rollcall_now();
    pid_t pid = rollcall_pid();
    if (ended == pid)
        return;
    if (!last)
        ended = pid;
    struct note note = {.kind = KIND_EXIT, .pid = pid, .ppid = rollcall_ppid(),
                        .status = (status & 0xff) << 8, .happened = now};
    rollcall_put(&note);
}

HOOK _Noreturn void _exit(int status) {
    ending(status, true);
    REAL(_exit)(status);
    __builtin_unreachable();
}

HOOK _Noreturn void _Exit(int status) { _exit(status); }

HOOK _Noreturn void quick_exit(int status) {
    ending(status, false);
    REAL(quick_exit)(status);
    __builtin_unreachable();
}

static void on_end(int status, void *unused) {
    (void)unused;
    ending(status, false);
}

/* Not strtol, for it is on a page of the C library that a program may otherwise never touch. */
static unsigned number(const char **text) {
    unsigned number = 0;
    for (; **text >= '0' && **text <= '9'; ++*text)
        number = number * 10 + (unsigned)(**text - '0');
    return number;
}

/* Since Linux 5.18. */
bool rollcall_fills_argv(void) {
    struct utsname name;
    if (kernel(SYS_uname, (long)&name, 0, 0, 0) != 0)
        return false;
    const char *text = name.release;
    unsigned major = number(&text);
    return major > 5 || (major == 5 && *text++ == '.' && number(&text) >= 18);
}

/* A script, and whatever else is interpreted, finds its name among the arguments of its interpreter. */
static bool is_argument(const char *path, char *const *argv) {
    for (; argv[0] != NULL && argv[1] != NULL; argv++)
        if (strcmp(argv[1], path) == 0)
            return true;
    return false;
}

/* The path of the program that runs; its length, or less than 1. */
static long own_exe(char *const *argv, char *exe) {
    /* Without a base the loader itself was executed, and has put its program's name there. */
    const char *path = getauxval(AT_BASE) == 0 ? NULL : (const char *)getauxval(AT_EXECFN);
    struct stat file;
    size_t bytes = path == NULL || is_argument(path, argv) ? 0 : rollcall_straight(path, exe, &file);
    if (bytes > 0 && S_ISREG(file.st_mode))
        return (long)bytes;
    return kernel(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)exe, EXE_MOST);
}

/* The first to run, so the handler it leaves is the last: whatever another handler or destructor
 * does about the status has been done by then. */
__attribute__((constructor(101))) static void begin(int argc, char **argv, char **envp) {
    (void)argc, (void)envp;
    uint64_t now = rollcall_now();
    int error = errno;
    const char *path = secure_getenv("ROLLCALL_CHANNEL");
    if (path != NULL && rollcall_open(path)) {
#define FIND(name) rollcall_real(&rollcall_##name, #name);
        REALS(FIND)
        char exe[EXE_MOST];
        long bytes = own_exe(argv, exe);
        struct note note = {.kind = KIND_IMAGE, .pid = rollcall_pid(), .ppid = rollcall_ppid(),
                            .happened = now, .argv = argv};
        if (bytes > 0) {
            note.exe = exe;
            note.exe_bytes = (size_t)bytes;
            note.exe_cut = note.exe_bytes == sizeof exe;
        }
        rollcall_put(&note);
        on_exit(on_end, NULL);
    }
    errno = error;
}
