/* posix_spawn. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    pid_t pid = 0;
    errno = posix_spawn(&pid, target.exe, NULL, NULL, target.argv, environ);
    must(errno == 0, "posix_spawn");
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
