/* A process that its parent never waits for. */
#include "case.h"

static void parent(void)
{
    siginfo_t ended;
    pid_t pid = fork();
    if (pid == 0)
        _exit(4);
    board->pid[0] = pid;
    /* It looks, and leaves it where it is: so it is a zombie for sure. */
    must(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT) == 0, "waitid");
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
