/* Makes events and says which, one per line: fork PID PPID, exit PID STATUS, thread TID.
   Arguments: mixed, or burst COUNT. */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void ended(pid_t pid) {
    int status;
    if (waitpid(pid, &status, 0) != pid) abort();
    printf("exit %d %d\n", pid, status);
}

static void born(pid_t pid) {
    if (pid < 0) abort();
    printf("fork %d %d\n", pid, getpid());
}

static void *thread(void *unused) {
    (void)unused;
    return (void *)(long)gettid();
}

static int raw_thread(void *tid) {
    *(volatile pid_t *)tid = gettid();
    syscall(SYS_exit, 9);
    return 0;
}

static pid_t clone3(unsigned long flags) {
    struct clone_args args;
    memset(&args, 0, sizeof args);
    args.flags = flags;
    args.exit_signal = SIGCHLD;
    return syscall(SYS_clone3, &args, sizeof args);
}

/* A thread made with clone, whose flags audit sees; it ends by the exit call. */
static void raw(void) {
    char *stack = mmap(0, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t seen = 0, gone = 1;
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM
                | CLONE_CHILD_CLEARTID;
    pid_t tid = clone(raw_thread, stack + (1 << 16), flags, &seen, 0, 0, &gone);
    if (tid < 0) abort();
    while (__atomic_load_n(&gone, __ATOMIC_SEQ_CST)) sched_yield();
    printf("thread %d\n", tid);
}

static void mixed(int round) {
    char *words[] = {"true", 0};
    pthread_t many[3];
    pid_t pid = fork();
    if (!pid) _exit(round & 0xff);
    born(pid), ended(pid);

    pid = vfork();
    if (!pid) _exit(2);
    born(pid), ended(pid);

    if (posix_spawn(&pid, "/bin/true", 0, 0, words, environ)) abort();
    born(pid), ended(pid);

    pid = clone3(0);
    if (!pid) syscall(SYS_exit, 5); /* one thread: ends the process */
    born(pid), ended(pid);

    pid = fork();
    if (!pid) syscall(SYS_exit, 6);
    born(pid), ended(pid);

    for (int i = 0; i < 3; i++)
        if (pthread_create(&many[i], 0, thread, 0)) abort();
    for (int i = 0; i < 3; i++) {
        void *tid;
        pthread_join(many[i], &tid);
        printf("thread %ld\n", (long)tid);
    }
    fflush(stdout);
    pid = fork();
    if (!pid) { /* ends by its threads' exits, the first thread last */
        raw();
        fflush(stdout);
        syscall(SYS_exit, 0);
    }
    born(pid), ended(pid);
    fflush(stdout);

    pid = fork();
    if (!pid) { /* fails to execute: no event */
        execl("/nonexistent", "x", (char *)0);
        _exit(127);
    }
    born(pid), ended(pid);

    pid = fork();
    if (!pid) { /* killed by a signal that may dump core: how is not told, written 0 here */
        prctl(PR_SET_DUMPABLE, 0);
        raise(SIGSEGV);
        _exit(0);
    }
    born(pid);
    if (waitpid(pid, 0, 0) != pid) abort();
    printf("exit %d 0\n", pid);
}

int main(int count, char **words) {
    static char buffer[1 << 16];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    if (count == 2 && !strcmp(words[1], "mixed")) {
        for (int round = 0; round < 20; round++) mixed(round);
    } else if (count == 3 && !strcmp(words[1], "burst")) {
        for (int left = atoi(words[2]); left > 0; left--) {
            pid_t pid = fork();
            if (!pid) _exit(left & 0xff);
            born(pid), ended(pid);
        }
    } else {
        return 2;
    }
    return 0;
}
