/* A program that has a library of its own in LD_PRELOAD. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    setenv("LD_PRELOAD", "libc.so.6", 1);
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
