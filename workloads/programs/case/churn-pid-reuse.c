/* One pid, two processes, one after the other. Only root may choose pids, so this is done in a
 * pid namespace: there it is the same pid, outside it is two. */
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
        cannot("a kernel where a pid can be chosen", "use Linux 5.9 or later");
    if (pid == 0)
        run(it);
    *outside = pid;
    finish(pid, TARGET_ENDS);
}

static void act(void)
{
    unshare_all(CLONE_NEWPID);
    pid_t first = fork();
    if (first == 0)
        for (;;)
            pause();
    board->pid[2] = first;
    for (int i = 0; i < 2; i++)
        reuse(&target[i], &board->pid[i]);
    kill(first, SIGKILL);
    finish(first, SIGKILL);
}

static void play(void)
{
    for (int i = 0; i < 2; i++)
        target[i] = command("target-dynamic");
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
    told_fork(board->pid[2], pid);
    told_exit(board->pid[2], SIGKILL);
    for (int i = 0; i < 2; i++) {
        told_fork(board->pid[i], pid);
        told_exec(board->pid[i], pid, target[i].exe, target[i].argv);
        told_exit(board->pid[i], TARGET_ENDS);
    }
}
