/* vfork, then exec. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    pid_t pid = vfork();
    if (pid == 0) {
        execv(target.exe, target.argv);
        _exit(127);
    }
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
