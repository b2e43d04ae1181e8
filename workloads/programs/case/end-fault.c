/* Killed by a fault of its own. No core is written, whatever this machine does with them. */
#include "case.h"

static void act(void)
{
    prctl(PR_SET_DUMPABLE, 0);
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, SIGSEGV));
}
