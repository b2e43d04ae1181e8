/* case.h: what the drivers in case/ share. A driver makes other processes do one thing and logs the
 * events of all of them: they are killed, run programs that know nothing of a ledger, or do not know
 * their own pid. It waits for each, so it knows what happened. A case defines `play`. */
#ifndef CASE_H
#define CASE_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "case_log.h"
#include "race.h"

/* How target.c ends, as waitpid gives it. */
#define TARGET_STATUS (7 << 8)
#define EXIT_CODE(code) ((code) << 8)
/* The exit code of a driver that lacks something on this machine. */
#define UNAVAILABLE 77

/* A program and its arguments. */
struct command {
    char *exe;
    char *argv[4];
};

/* Memory that all processes of a case share. */
struct shared {
    pid_t pid[8];
    u32 flag; /* a futex would be faster than `wait_for_flag`, and cases need not be fast */
};

static void play(void);

static struct shared *shared;
static const char *programs, *scratch, *string_name;
static pid_t driver;

/* This machine lacks something: the case is left out, with this reason. */
static void __attribute__((noreturn, unused)) unavailable(const char *what, const char *remedy)
{
    dprintf(2, "%s: %s\n", what, remedy);
    _exit(UNAVAILABLE);
}

static inline char *joined(const char *a, const char *b, const char *c)
{
    char *all = malloc(strlen(a) + strlen(b) + strlen(c) + 1);
    require(all != NULL, "malloc");
    strcat(strcat(strcpy(all, a), b), c);
    return all;
}

/* A word that no other process of this machine was ever given. */
static inline char *new_nonce(void)
{
    static int given;
    char number[16];
    snprintf(number, sizeof number, "x%d", ++given);
    return joined(own_nonce, number, "");
}

/* The programs with 32 bits are of x86. */
static inline void need_x86(void)
{
#ifndef __x86_64__
    unavailable("an x86_64 machine, whose 32-bit calls it makes", "measure on such a machine");
#endif
}

/* One of the installed programs, with a nonce. */
static inline struct command installed(const char *name)
{
    struct command it = {.exe = joined(programs, "/", name)};
    it.argv[0] = joined(name, "", "");
    it.argv[1] = new_nonce();
    if (access(it.exe, X_OK) != 0)
        unavailable(joined(name, ", which could not be built or installed", ""),
                    "build with a C compiler that can, and run as root with CAP_CHOWN");
    return it;
}

/* ---- Files. */

/* A folder of this case's own, removed when it is over. */
static inline char *folder(void)
{
    static char *path;
    if (path == NULL) {
        path = joined(scratch, "/", own_nonce);
        require(mkdir(path, 0755) == 0, path);
    }
    return path;
}

static inline char *in_folder(const char *name) { return joined(folder(), "/", name); }

static inline void write_file(const char *path, const void *bytes, size_t length, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
    require(file >= 0 && write(file, bytes, length) == (ssize_t)length, path);
    close(file);
}

static inline void copy_program(const char *from, const char *to)
{
    static char bytes[1 << 20];
    int file = open(from, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, bytes, sizeof bytes);
    require(length > 0, from);
    close(file);
    write_file(to, bytes, (size_t)length, 0755);
}

/* A script that `interpreter` runs; its path. */
static inline char *write_script(const char *name, const char *interpreter)
{
    char *path = in_folder(name), *line = joined("#!", interpreter, "\n");
    write_file(path, line, strlen(line), 0755);
    return path;
}

static inline int remove_one(const char *path, const struct stat *about, int type, struct FTW *at)
{
    (void)about, (void)type, (void)at;
    return remove(path);
}

/* ---- Processes. */

/* Waits for a child, which must end with the status `expected`. */
static inline int wait_for(pid_t pid, int expected)
{
    int status = -1;
    require(pid > 0, "no child could be made");
    require(reap(pid, &status) == pid, "waitpid");
    if (status == EXIT_CODE(UNAVAILABLE))
        _exit(UNAVAILABLE);
    if (status != expected) {
        dprintf(2, "a process ended with status %#x where %#x was expected\n", (unsigned)status,
                (unsigned)expected);
        _exit(1);
    }
    return status;
}

/* A child of this process that executed one command and ended. */
static inline void log_life(pid_t pid, const struct command *ran, int status)
{
    log_fork(pid, getpid());
    log_exec(pid, getpid(), ran->exe, ran->argv);
    log_exit(pid, status);
}

/* In a child: replaces it with the command. */
static inline void __attribute__((noreturn)) execute(const struct command *it)
{
    execv(it->exe, it->argv);
    fail_case(it->exe);
}

/* A child that calls `act` and ends with code 0, if that returns. */
static inline pid_t start_child(void (*act)(void))
{
    pid_t parent = getpid(), pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
        die_with_parent(parent);
        act();
        _exit(0);
    }
    return pid;
}

/* The usual case: a child executes the command, which ends as target.c does. */
static inline void play_target(const struct command *target)
{
    pid_t pid = fork();
    if (pid == 0)
        execute(target);
    log_life(pid, target, wait_for(pid, TARGET_STATUS));
}

/* The usual case without exec: a child calls `act`, and ends with `expected`. */
static inline void play_child(void (*act)(void), int expected)
{
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, expected));
}

/* The usual case of an exec that fails: a child tries it, gets `error` and ends. */
static inline void play_failed_exec(const char *path, char *const argv[], int error)
{
    pid_t pid = fork();
    if (pid == 0) {
        die_with_parent(driver);
        execv(path, argv);
        require(errno == error, path);
        _exit(0);
    }
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, 0));
}

/* Waits until the flag has been raised `height` times. */
static inline void wait_for_flag(u32 height)
{
    while (__atomic_load_n(&shared->flag, __ATOMIC_SEQ_CST) < height)
        usleep(100);
}

static inline void raise_flag(void) { __atomic_add_fetch(&shared->flag, 1, __ATOMIC_SEQ_CST); }

/* ---- Namespaces. */

/* Leaves the namespaces of `which`, as an ordinary user may: with a new user namespace. */
static inline void leave_namespaces(int which)
{
    if (unshare(CLONE_NEWUSER | which) != 0)
        unavailable("user namespaces for ordinary users",
                    "allow them (user.max_user_namespaces, kernel.unprivileged_userns_clone, "
                    "kernel.apparmor_restrict_unprivileged_userns)");
}

/* A process in another pid namespace has another pid there than the driver sees. A message from it
 * carries the driver's. */
static int pid_channel[2];

static inline void open_pid_channel(void)
{
    int yes = 1;
    require(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pid_channel) == 0, "socketpair");
    require(setsockopt(pid_channel[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0, "SO_PASSCRED");
}

static inline void send_own_pid(void) { require(write(pid_channel[1], "x", 1) == 1, "write"); }

static inline pid_t receive_pid(void)
{
    char byte, control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8)));
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct ucred sender;
    require(recvmsg(pid_channel[0], &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL, "recvmsg");
    memcpy(&sender, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof sender);
    return sender.pid;
}

/* ---- The driver itself. */

int main(int argc, char **argv)
{
    if (argc != 5)
        return 124;
    open_ledger(argv[1]);
    programs = argv[2], scratch = argv[3], string_name = argv[4];
    driver = getpid();
    /* Where the runner could not open it there is none, and nothing to close. */
    fcntl(FAULTS_FD, F_SETFD, FD_CLOEXEC);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(shared != MAP_FAILED, "mmap");
    require(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "prctl");
    window_start = now();
    play();
    next_window();
    char *left = joined(scratch, "/", own_nonce);
    nftw(left, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    write_case_log();
    return record_exit();
}

#endif
