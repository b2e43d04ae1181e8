/* exec with an empty environment. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *none[] = {NULL};
    pid_t pid = fork();
    if (pid == 0)
        execve(target.exe, target.argv, none);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
