/* case.h: what every driver in case/ has. A driver makes one thing happen and writes down
 * the truths of everybody but itself: those it makes are killed, run programs that know nothing of
 * a ledger, or do not know their own pid. It waits for all of them, so it knows.
 *
 * Each case defines `play`, which tells truths. They are of the window that is open: from its
 * beginning, or from the last `then`, to the next `then`, or to the end. src/ledger/told.rs reads
 * what is written here. */
#ifndef CASE_H
#define CASE_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "life.h"

/* How target.c ends, as waitpid gives it. */
#define TARGET_ENDS (7 << 8)
#define CODE(code) ((code) << 8)
/* How a driver ends that lacks something on this machine. */
#define CANNOT 77

enum { OWNED = 3 };
enum { KNOWS_PPID = 1, KNOWS_STATUS = 2, KNOWS_EXE = 4, KNOWS_ARGV = 8 };

/* One truth, followed by exe, argv, and zeros up to a multiple of 8. */
struct told {
    u64 after, before;
    u32 kind, known;
    u32 pid, ppid;
    i32 status;
    u32 exe, argv; /* their lengths */
    u32 spare;
};
_Static_assert(sizeof(struct told) == 48, "as told.rs says");

/* A program and the words it is given. */
struct command {
    char *exe;
    char *argv[4];
};

/* What the processes of a case tell each other. */
struct board {
    pid_t pid[8];
    int status[8];
    u32 flag; /* a futex would be faster than `meet`, and nothing here is in a hurry */
};

static void play(void);

static struct board *board;
static const char *home, *scratch, *with;
static pid_t driver;
static char *told;
static size_t told_bytes, window;
static u64 since;

/* The case did not go as it must: it fails, and no monitor is blamed. */
static void __attribute__((noreturn, unused)) broken(const char *what)
{
    dprintf(2, "%s: %s\n", what, strerror(errno));
    _exit(1);
}

/* This machine lacks something: the case is left out, and says why. */
static void __attribute__((noreturn, unused)) cannot(const char *what, const char *remedy)
{
    dprintf(2, "%s: %s\n", what, remedy);
    _exit(CANNOT);
}

static inline void must(int holds, const char *what)
{
    if (!holds)
        broken(what);
}

static inline char *joined(const char *a, const char *b, const char *c)
{
    char *all = malloc(strlen(a) + strlen(b) + strlen(c) + 1);
    must(all != NULL, "malloc");
    strcat(strcat(strcpy(all, a), b), c);
    return all;
}

/* A word that nobody else on this machine was ever given. */
static inline char *new_nonce(void)
{
    static int given;
    char number[16];
    snprintf(number, sizeof number, "x%d", ++given);
    return joined(self, number, "");
}

/* One of the installed programs, with a nonce. */
static inline struct command command(const char *name)
{
    struct command it = {.exe = joined(home, "/", name)};
    it.argv[0] = joined(name, "", "");
    it.argv[1] = new_nonce();
    if (access(it.exe, X_OK) != 0)
        cannot(joined(name, ", which could not be built or made", ""),
               "build with a C compiler that can, and run as root");
    return it;
}

/* A folder of this case's own, gone when it is over. */
static inline char *folder(void)
{
    static char *path;
    if (path == NULL) {
        path = joined(scratch, "/", self);
        must(mkdir(path, 0755) == 0, path);
    }
    return path;
}

static inline char *in_folder(const char *name) { return joined(folder(), "/", name); }

static inline void write_file(const char *path, const void *bytes, size_t length, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
    must(file >= 0 && write(file, bytes, length) == (ssize_t)length, path);
    close(file);
}

static inline void copy(const char *from, const char *to)
{
    static char bytes[1 << 20];
    int file = open(from, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, bytes, sizeof bytes);
    must(length > 0, from);
    close(file);
    write_file(to, bytes, (size_t)length, 0755);
}

/* ---- Truths. */

static inline size_t words_bytes(char *const argv[])
{
    size_t sum = 0;
    for (; argv != NULL && *argv != NULL; argv++)
        sum += strlen(*argv) + 1;
    return sum;
}

static inline void tell(struct told one, const char *exe, char *const argv[])
{
    one.exe = exe != NULL ? (u32)strlen(exe) : 0;
    one.argv = (u32)words_bytes(argv);
    size_t length = (sizeof one + one.exe + one.argv + 7) & ~(size_t)7;
    told = realloc(told, told_bytes + length);
    must(told != NULL, "realloc");
    char *to = told + told_bytes;
    memset(to, 0, length);
    one.after = since;
    memcpy(to, &one, sizeof one);
    memcpy(to + sizeof one, exe, one.exe);
    to += sizeof one + one.exe;
    for (; argv != NULL && *argv != NULL; argv++)
        to = stpcpy(to, *argv) + 1;
    told_bytes += length;
}

static inline void told_fork(pid_t pid, pid_t ppid)
{
    tell((struct told){.kind = 0, .known = KNOWS_PPID, .pid = (u32)pid, .ppid = (u32)ppid}, NULL,
         NULL);
}

/* `argv` is NULL where only somebody else knows it. */
static inline void told_exec(pid_t pid, pid_t ppid, const char *exe, char *const argv[])
{
    u32 known = KNOWS_PPID | KNOWS_EXE | (argv != NULL ? KNOWS_ARGV : 0);
    tell((struct told){.kind = 1, .known = known, .pid = (u32)pid, .ppid = (u32)ppid}, exe, argv);
}

static inline void told_exit(pid_t pid, int status)
{
    tell((struct told){.kind = 2, .known = KNOWS_STATUS, .pid = (u32)pid, .status = status}, NULL,
         NULL);
}

/* An id that is the workload's and has no event of its own. */
static inline void told_owned(pid_t id)
{
    tell((struct told){.kind = OWNED, .pid = (u32)id}, NULL, NULL);
}

/* All that was told so far happened before now, all that will be told happens after. */
static inline void then(void)
{
    since = now();
    for (; window < told_bytes;) {
        struct told *one = (struct told *)(told + window);
        one->before = since;
        window += (sizeof *one + one->exe + one->argv + 7) & ~(size_t)7;
    }
}

/* Waits for a child, which must end so. */
static inline int finish(pid_t pid, int due)
{
    int status = -1;
    must(pid > 0, "no child could be made");
    must(reap(pid, &status) == pid, "waitpid");
    if (status == CODE(CANNOT))
        _exit(CANNOT);
    if (status != due) {
        dprintf(2, "a process ended with status %#x where %#x was due\n", (unsigned)status,
                (unsigned)due);
        _exit(1);
    }
    return status;
}

/* A child of mine that executed one command and ended. */
static inline void told_life(pid_t pid, const struct command *ran, int status)
{
    told_fork(pid, getpid());
    told_exec(pid, getpid(), ran->exe, ran->argv);
    told_exit(pid, status);
}

/* The last thing an actor does: what it ran must have replaced it. */
static inline void __attribute__((noreturn)) run(const struct command *it)
{
    execv(it->exe, it->argv);
    broken(it->exe);
}

/* A child that does something and ends with code 0, if it comes back at all. */
static inline pid_t actor(void (*act)(void))
{
    pid_t parent = getpid(), pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        die_with(parent);
        act();
        _exit(0);
    }
    return pid;
}

/* Waits until somebody has raised the flag so high. */
static inline void meet(u32 height)
{
    while (__atomic_load_n(&board->flag, __ATOMIC_SEQ_CST) < height)
        usleep(100);
}

static inline void raise_flag(void) { __atomic_add_fetch(&board->flag, 1, __ATOMIC_SEQ_CST); }

/* ---- What several cases need. */

/* Leaves the namespaces that `which` names, as an ordinary user may: with a user namespace. */
static inline void unshare_all(int which)
{
    if (unshare(CLONE_NEWUSER | which) != 0)
        cannot("user namespaces for ordinary users",
               "allow them (user.max_user_namespaces, kernel.unprivileged_userns_clone, "
               "kernel.apparmor_restrict_unprivileged_userns)");
}

/* Somebody whose pid I see otherwise than it does itself shows itself. */
static int faces[2];

static inline void expect_faces(void)
{
    int yes = 1;
    must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, faces) == 0, "socketpair");
    must(setsockopt(faces[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0, "SO_PASSCRED");
}

static inline void show_face(void) { must(write(faces[1], "x", 1) == 1, "write"); }

static inline pid_t see_face(void)
{
    char byte, control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8)));
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct ucred who;
    must(recvmsg(faces[0], &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL, "recvmsg");
    memcpy(&who, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof who);
    return who.pid;
}

/* ---- The driver itself. */

static inline int unlink_one(const char *path, const struct stat *about, int type, struct FTW *at)
{
    (void)about, (void)type, (void)at;
    return remove(path);
}

static void write_told(void)
{
    long at = (long)(offsetof(struct ledger, slot) + sizeof(struct slot));
    for (size_t done = 0; !bare && done < told_bytes;) {
        ssize_t count = pwrite(LEDGER_FD, told + done, told_bytes - done, at + (long)done);
        must(count > 0, "the ledger cannot be written");
        done += (size_t)count;
    }
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 124;
    open_ledger(argv[1]);
    home = argv[2], scratch = argv[3], with = argv[4];
    driver = getpid();
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(board != MAP_FAILED, "mmap");
    must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "prctl");
    since = now();
    play();
    then();
    char *left = joined(scratch, "/", self);
    nftw(left, unlink_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    write_told();
    return leave();
}

#endif
