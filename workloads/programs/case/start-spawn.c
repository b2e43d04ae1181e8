/* posix_spawn. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    pid_t pid = 0;
    errno = posix_spawn(&pid, target.exe, NULL, NULL, target.argv, environ);
    require(errno == 0, "posix_spawn");
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
