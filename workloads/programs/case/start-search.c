/* execvp, which searches PATH for the program. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    setenv("PATH", programs, 1);
    pid_t pid = fork();
    if (pid == 0)
        execvp(target.argv[0], target.argv);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
