/* fork by a user that has reached its limit of processes. */
#include "case.h"

static void act(void)
{
    struct rlimit none = {0, 0};
    require(setrlimit(RLIMIT_NPROC, &none) == 0, "setrlimit");
    require(fork() < 0 && errno == EAGAIN, "fork");
}

static void play(void)
{
    play_child(act, 0);
}
