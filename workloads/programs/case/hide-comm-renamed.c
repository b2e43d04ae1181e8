/* A process that changes the name the kernel has for it, to one with a line in it. */
#include "case.h"

static void act(void) { prctl(PR_SET_NAME, "x) R 1\n2 (y"); }

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
}
