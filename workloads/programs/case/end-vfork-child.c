/* A child of vfork that ends without having executed anything. */
#include "case.h"

static void act(void)
{
    pid_t pid = vfork();
    if (pid == 0)
        _exit(4);
    board->pid[0] = pid;
    finish(pid, CODE(4));
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
    told_fork(board->pid[0], pid);
    told_exit(board->pid[0], CODE(4));
}
