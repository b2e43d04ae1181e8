/* fork, and never an exec. */
#include "case.h"

static void nothing(void) {}

static void play(void)
{
    pid_t pid = actor(nothing);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
}
