/* The parent is gone when its child ends. */
#include "case.h"

static void orphan(void)
{
    while (getppid() != driver)
        usleep(100);
    _exit(4);
}

static void parent(void)
{
    pid_t pid = fork();
    if (pid == 0)
        orphan();
    board->pid[0] = pid;
}

static void play(void)
{
    pid_t first = actor(parent);
    told_fork(first, driver);
    told_exit(first, finish(first, 0));
    pid_t second = board->pid[0];
    told_fork(second, first);
    told_exit(second, finish(second, CODE(4)));
}
