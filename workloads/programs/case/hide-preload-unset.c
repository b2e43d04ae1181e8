/* A program that takes LD_PRELOAD out of its environment before it executes others. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    unsetenv("LD_PRELOAD");
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
