/* execvp, which looks for the program along PATH. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    setenv("PATH", home, 1);
    pid_t pid = fork();
    if (pid == 0)
        execvp(target.argv[0], target.argv);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
