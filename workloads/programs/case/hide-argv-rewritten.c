/* A program that overwrites its arguments as soon as it runs. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    target.argv[2] = "overwrite";
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
