/* case_race.h: an exec whose path or arguments change while it is made. Such a race is decided, not hoped
 * for: the thread that calls execve stands still twice, and another one goes on.
 *
 * 1. At the entry. A filter of system calls (seccomp) hands the call to the second thread. A library in the
 *    program has looked at path and arguments by then; the kernel has not read them.
 * 2. Inside. The last argument lies in a page that is not there, behind userfaultfd: the kernel, which copies
 *    the last argument first, waits for it. A hook on the entry of the call is over by then.
 *
 * The truth is what the executed program received (received.c). The case fails unless the change was made
 * while the call stood still. */
#ifndef CASE_RACE_H
#define CASE_RACE_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "case.h"

#ifndef USERFAULTFD_IOC_NEW /* headers before Linux 6.1 */
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

#define SHOWN "what-is-shown"
#define RUN "what-is-run--" /* as long */
#define LAST "the-last-argument"

/* An exec, and what the second thread does. */
struct race {
    char *path;
    char *argv[5];
    void (*at_entry)(void); /* while the call is held at its entry */
    void (*inside)(void);   /* while the kernel waits for the page */
    const char *early, *late; /* what the page has before the entry, and from then on */
};

static struct race race;
static char *page; /* NULL: no step 2 */
static int faults = -1, calls = -1;

/* A page behind userfaultfd. */
static inline char *missing_page(void)
{
    struct uffdio_api api = {.api = UFFD_API};
    faults = ioctl(FAULTS_FD, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
    if (faults < 0)
        faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    if (faults < 0 || ioctl(faults, UFFDIO_API, &api) != 0)
        unavailable("userfaultfd for what the kernel reads",
                    "run as root on Linux 6.1 or newer with CONFIG_USERFAULTFD=y, or set "
                    "vm.unprivileged_userfaultfd=1");
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct uffdio_register whole = {.range = {(u64)page, 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    require(page != MAP_FAILED && ioctl(faults, UFFDIO_REGISTER, &whole) == 0, "UFFDIO_REGISTER");
    race.early = race.late = LAST;
    return page;
}

/* The calling thread's execve and execveat go to `calls`. */
static inline void hold_exec(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    calls = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (calls < 0)
        unavailable("seccomp's user notification", "use Linux 5.5 or newer, not under a filter that has one");
}

static inline void fill_page(int entered)
{
    static char bytes[4096] __attribute__((aligned(4096)));
    struct uffd_msg fault;
    require(read(faults, &fault, sizeof fault) == sizeof fault, "userfaultfd");
    if (entered && race.inside != NULL)
        race.inside();
    /* The flag says that the kernel waited: a library that looks comes before the entry. */
    if (entered)
        raise_flag();
    strcpy(bytes, entered ? race.late : race.early);
    struct uffdio_copy copy = {.dst = (u64)page, .src = (u64)bytes, .len = 4096};
    require(ioctl(faults, UFFDIO_COPY, &copy) == 0, "UFFDIO_COPY");
}

static inline void let_go(void)
{
    struct seccomp_notif call = {0};
    require(ioctl(calls, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0, "SECCOMP_IOCTL_NOTIF_RECV");
    if (race.at_entry != NULL)
        race.at_entry();
    if (page != NULL)
        require(madvise(page, 4096, MADV_DONTNEED) == 0, "madvise");
    raise_flag();
    struct seccomp_notif_resp answer = {.id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    require(ioctl(calls, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0, "SECCOMP_IOCTL_NOTIF_SEND");
}

/* Goes on while the first thread stands still, and ends when its exec has succeeded. */
static void *second_thread(void *unused)
{
    shared->pid[0] = (pid_t)syscall(SYS_gettid);
    struct pollfd both[2] = {{.fd = faults, .events = POLLIN}, {.fd = calls, .events = POLLIN}};
    for (int entered = 0;;) {
        require(poll(both, 2, -1) > 0 || errno == EINTR, "poll");
        if (both[0].revents & POLLIN)
            fill_page(entered);
        if (both[1].revents & POLLIN) {
            entered = 1;
            let_go();
        }
    }
    return unused;
}

static void __attribute__((noreturn, unused)) run_race(void (*prepare)(void))
{
    pthread_t thread;
    /* The program inherits it: whatever should hang is killed, and the case says so. */
    alarm(20);
    prepare();
    hold_exec();
    require(pthread_create(&thread, NULL, second_thread, NULL) == 0, "pthread_create");
    execv(race.path, race.argv);
    fail_case(race.path);
}

/* ---- What the program received. */

struct received {
    char bytes[1 << 14];
    char *argv[16];
};

/* Reads it until the program closes the pipe. */
static inline void receive(int from, struct received *what)
{
    size_t length = 0, words = 0;
    ssize_t count;
    memset(what, 0, sizeof *what);
    while ((count = read(from, what->bytes + length, sizeof what->bytes - 1 - length)) > 0)
        length += (size_t)count;
    close(from);
    require(count == 0, "read");
    char *word = what->bytes + strlen(what->bytes) + 1;
    for (; word < what->bytes + length && words < 15; word += strlen(word) + 1)
        what->argv[words++] = word;
}

/* A child that calls `act`, which executes received.c; its life as that program received it. */
static inline void play_received(void (*act)(void), struct received *what)
{
    int channel[2];
    require(pipe2(channel, O_CLOEXEC) == 0, "pipe2");
    pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
        die_with_parent(driver);
        require(dup2(channel[1], RECEIVED_FD) == RECEIVED_FD, "dup2");
        act();
        _exit(0);
    }
    close(channel[1]);
    receive(channel[0], what);
    int status = wait_for(pid, TARGET_STATUS);
    log_fork(pid, driver);
    log_exec(pid, driver, what->bytes, what->argv);
    log_exit(pid, status);
}

/* The usual race: `prepare` fills in `race`. The call stood still `holds` times, once at its entry and once
 * where the page was missing; the program's argument number `place` is `word`. */
static inline void play_race(void (*act)(void), u32 holds, int place, const char *word)
{
    static struct received what;
    play_received(act, &what);
    log_owned(shared->pid[0]);
    if (shared->flag != holds || what.argv[place] == NULL || strcmp(what.argv[place], word) != 0) {
        dprintf(2, "the change was not made in the window: %u of %u holds, argument %d is '%s', not '%s'\n",
                shared->flag, holds, place, what.argv[place] ? what.argv[place] : "none", word);
        _exit(1);
    }
}

/* A command with a word that can be changed, and behind it the last one. */
static inline void race_with(char *word, char *last)
{
    struct command it = installed("received-dynamic");
    race.path = it.exe;
    race.argv[0] = it.argv[0], race.argv[1] = it.argv[1], race.argv[2] = word, race.argv[3] = last;
}

/* How often a program that does something to itself is run: whether a look-up comes before is decided each
 * time anew. */
#define TIMES 10

static const char *self_action;

static void __attribute__((unused)) execute_self_action(void)
{
    struct command it = installed("received-dynamic");
    it.argv[2] = joined(self_action, "", "");
    execute(&it);
}

static inline void play_self_action(const char *action)
{
    static struct received what;
    self_action = action;
    for (int i = 0; i < TIMES; i++) {
        new_nonce();
        play_received(execute_self_action, &what);
    }
}

#endif
