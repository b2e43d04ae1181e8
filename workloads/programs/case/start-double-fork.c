/* The way of daemons: the parent ends, the orphan goes on and executes. */
#include "case.h"

static struct command target;

static void orphan(void)
{
    setsid();
    while (getppid() != driver)
        usleep(100);
    run(&target);
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
    target = command("target-dynamic");
    pid_t first = actor(parent);
    told_fork(first, driver);
    told_exit(first, finish(first, 0));
    pid_t second = board->pid[0];
    told_fork(second, first);
    /* I am the one who takes orphans in. */
    told_exec(second, driver, target.exe, target.argv);
    told_exit(second, finish(second, TARGET_ENDS));
}
