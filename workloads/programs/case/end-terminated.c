/* Killed by SIGTERM, which it does not catch. */
#include "case.h"

static void act(void)
{
    raise_flag();
    for (;;)
        pause();
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    meet(1);
    must(kill(pid, SIGTERM) == 0, "kill");
    told_exit(pid, finish(pid, SIGTERM));
}
