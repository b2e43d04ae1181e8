/* exec with an empty environment. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    char *none[] = {NULL};
    pid_t pid = fork();
    if (pid == 0)
        execve(target.exe, target.argv, none);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
