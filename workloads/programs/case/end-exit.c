/* exit, with whatever it has to tidy up. */
#include "case.h"

static void act(void)
{
    exit(3);
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, CODE(3)));
}
