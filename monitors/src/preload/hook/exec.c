/* exec and posix_spawn.
 *
 * A successful exec does not return, so it is written down before it is called and taken back
 * when it fails. Stamps are taken first of all, and so lie before the event. */
#define _GNU_SOURCE
#include "rollcall.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *const no_argv[] = {NULL};

/* The headers promise that it never is; callers do it all the same and expect EFAULT. */
static inline bool missing(const void *pointer) {
    __asm__("" : "+r"(pointer));
    return pointer == NULL;
}

/* Since Linux 5.18 the kernel puts one empty argument where there is none. */
static char *const one_empty[] = {"", NULL};

static void tell(struct note *note, const struct seen *seen, char *const argv[]) {
    bool none = argv == NULL || argv[0] == NULL;
    /* A script's interpreter is given more than was passed; only its image knows what. */
    if (seen->look != LOOK_SCRIPT)
        note->argv = !none ? argv : rollcall_fills_argv() ? one_empty : no_argv;
    if (seen->look == LOOK_ELF) {
        note->exe = seen->exe;
        note->exe_bytes = seen->bytes;
        note->exe_cut = seen->cut;
    }
}

/* Returns whether anything was written that a failure must take back. */
static bool attempt(const struct seen *seen, char *const argv[], uint64_t happened, bool shell) {
    /* Arguments that cannot be read make it fail. */
    if (!rollcall_active() || seen->look == LOOK_REFUSED || !rollcall_reaches_argv(argv))
        return false;
    struct note note = {.kind = KIND_ATTEMPT, .pid = rollcall_pid(), .ppid = rollcall_ppid(),
                        .happened = happened};
    tell(&note, seen, argv);
    /* The C library is going to run the shell on it, with arguments of its own making. */
    if (shell && seen->look == LOOK_OTHER)
        note.argv = NULL;
    rollcall_put(&note);
    return true;
}

static __attribute__((noinline)) bool attempt_at(int dir, const char *path, int flags,
                                                 char *const argv[], uint64_t happened) {
    struct seen seen;
    rollcall_look(dir, path, flags, &seen);
    return attempt(&seen, argv, happened, false);
}

static __attribute__((noinline)) bool attempt_named(const char *name, char *const argv[],
                                                    uint64_t happened) {
    struct seen seen;
    rollcall_search(name, &seen);
    return attempt(&seen, argv, happened, true);
}

static int failed(bool written, uint64_t happened, int result) {
    struct note note = {.kind = KIND_RETRACT, .pid = rollcall_pid(), .happened = happened};
    if (written)
        rollcall_put(&note);
    return result;
}

HOOK int execve(const char *path, char *const argv[], char *const envp[]) {
    uint64_t now = rollcall_now();
    bool written = attempt_at(AT_FDCWD, path, 0, argv, now);
    return failed(written, now, REAL(execve)(path, argv, envp));
}

HOOK int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }

HOOK int execvpe(const char *name, char *const argv[], char *const envp[]) {
    uint64_t now = rollcall_now();
    bool written = attempt_named(name, argv, now);
    return failed(written, now, REAL(execvpe)(name, argv, envp));
}

HOOK int execvp(const char *name, char *const argv[]) { return execvpe(name, argv, environ); }

HOOK int execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags) {
    uint64_t now = rollcall_now();
    bool written = attempt_at(dir, path, flags, argv, now);
    int result;
    if (REAL(execveat) != NULL)
        result = REAL(execveat)(dir, path, argv, envp, flags);
    else /* before glibc 2.34 */
        result = (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
    return failed(written, now, result);
}

HOOK int fexecve(int fd, char *const argv[], char *const envp[]) {
    uint64_t now = rollcall_now();
    bool written = attempt_at(fd, "", AT_EMPTY_PATH, argv, now);
    return failed(written, now, REAL(fexecve)(fd, argv, envp));
}

/* The arguments of execl and its kin, copied to the stack as the C library does it. */
#define GATHER(first, list, argv)                                                                  \
    size_t count = 1;                                                                              \
    va_list list;                                                                                  \
    va_start(list, first);                                                                         \
    if (missing(first))                                                                             \
        count = 0;                                                                                 \
    else                                                                                           \
        while (va_arg(list, char *) != NULL)                                                       \
            count++;                                                                               \
    va_end(list);                                                                                  \
    char *argv[count + 1];                                                                         \
    va_start(list, first);                                                                         \
    argv[0] = (char *)first;                                                                       \
    for (size_t place = 1; place <= count; place++)                                                \
        argv[place] = va_arg(list, char *);

HOOK int execl(const char *path, const char *first, ...) {
    GATHER(first, list, argv)
    va_end(list);
    return execve(path, argv, environ);
}

HOOK int execle(const char *path, const char *first, ...) {
    GATHER(first, list, argv)
    char *const *envp = va_arg(list, char *const *);
    va_end(list);
    return execve(path, argv, envp);
}

HOOK int execlp(const char *name, const char *first, ...) {
    GATHER(first, list, argv)
    va_end(list);
    return execvpe(name, argv, environ);
}

static void spawned(int result, pid_t child, struct seen *seen, char *const argv[], uint64_t now) {
    if (result != 0 || !rollcall_active() || !rollcall_reaches_argv(argv))
        return;
    struct note note = {.kind = KIND_SPAWN, .pid = child, .ppid = rollcall_pid(), .happened = now};
    tell(&note, seen, argv);
    rollcall_put(&note);
}

HOOK int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                     const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) {
    uint64_t now = rollcall_now();
    pid_t child = 0;
    struct seen seen;
    /* The actions may change directory, so that a relative path means another file. */
    bool same = rollcall_reaches_text(path) && (*path == '/' || actions == NULL);
    rollcall_look(AT_FDCWD, same ? path : NULL, 0, &seen);
    int result = REAL(posix_spawn)(&child, path, actions, attributes, argv, envp);
    if (result == 0 && pid != NULL)
        *pid = child;
    spawned(result, child, &seen, argv, now);
    return result;
}

HOOK int posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
                      const posix_spawnattr_t *attributes, char *const argv[],
                      char *const envp[]) {
    uint64_t now = rollcall_now();
    pid_t child = 0;
    struct seen seen;
    bool same = rollcall_reaches_text(name) && (*name == '/' || actions == NULL);
    rollcall_search(same ? name : NULL, &seen);
    int result = REAL(posix_spawnp)(&child, name, actions, attributes, argv, envp);
    if (result == 0 && pid != NULL)
        *pid = child;
    spawned(result, child, &seen, argv, now);
    return result;
}
