/* Killed by SIGKILL. */
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
    must(kill(pid, SIGKILL) == 0, "kill");
    told_exit(pid, finish(pid, SIGKILL));
}
