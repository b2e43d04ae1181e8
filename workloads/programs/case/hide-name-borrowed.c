/* A program that goes by the name of a kernel thread. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    target.argv[0] = "[kworker/0:1]";
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
