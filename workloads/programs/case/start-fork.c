/* fork, then exec. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
