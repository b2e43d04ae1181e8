/* fork by a user who has as many processes as he may. */
#include "case.h"

static void act(void)
{
    struct rlimit none = {0, 0};
    must(setrlimit(RLIMIT_NPROC, &none) == 0, "setrlimit");
    must(fork() < 0 && errno == EAGAIN, "fork");
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
}
