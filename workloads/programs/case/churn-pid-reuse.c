/* Two processes with the same pid, one after the other. Only root may choose pids, so they run in a
 * pid namespace: inside they have the same pid, outside two. */
#include "case.h"

#include <linux/sched.h>

static struct command target[2];

static void reuse(struct command *it, pid_t *outside)
{
    pid_t chosen = 2;
    struct clone_args how = {.exit_signal = SIGCHLD, .set_tid = (u64)(uintptr_t)&chosen,
                             .set_tid_size = 1};
    pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof how);
    if (pid < 0)
        unavailable("a kernel where a pid can be chosen", "use Linux 5.9 or later");
    if (pid == 0)
        execute(it);
    *outside = pid;
    wait_for(pid, TARGET_STATUS);
}

static void act(void)
{
    leave_namespaces(CLONE_NEWPID);
    pid_t first = fork();
    if (first == 0)
        for (;;)
            pause();
    shared->pid[2] = first;
    for (int i = 0; i < 2; i++)
        reuse(&target[i], &shared->pid[i]);
    kill(first, SIGKILL);
    wait_for(first, SIGKILL);
}

static void play(void)
{
    for (int i = 0; i < 2; i++)
        target[i] = installed("target-dynamic");
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, 0));
    log_fork(shared->pid[2], pid);
    log_exit(shared->pid[2], SIGKILL);
    for (int i = 0; i < 2; i++) {
        log_fork(shared->pid[i], pid);
        log_exec(shared->pid[i], pid, target[i].exe, target[i].argv);
        log_exit(shared->pid[i], TARGET_STATUS);
    }
}
