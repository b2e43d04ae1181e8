/* The first process of a new pid namespace, made from outside. */
#include "case.h"

static struct command target;

static void act(void)
{
    unshare_all(CLONE_NEWPID);
    pid_t first = fork();
    if (first == 0)
        run(&target);
    board->pid[0] = first;
    finish(first, TARGET_ENDS);
}

static void play(void)
{
    target = command("target-dynamic");
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
    pid_t first = board->pid[0];
    told_fork(first, pid);
    told_exec(first, pid, target.exe, target.argv);
    told_exit(first, TARGET_ENDS);
}
