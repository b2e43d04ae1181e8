/* vfork, then exec. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    pid_t pid = vfork();
    if (pid == 0) {
        execv(target.exe, target.argv);
        _exit(127);
    }
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
