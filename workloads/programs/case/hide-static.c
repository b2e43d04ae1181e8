/* A program with the C library linked into it. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-static");
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
