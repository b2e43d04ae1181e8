/* exit with a code that does not fit into what waitpid gives. */
#include "case.h"

static void act(void)
{
    _exit(0x1203);
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, CODE(3)));
}
