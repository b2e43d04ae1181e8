/* A script whose interpreter is a script. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *inner = write_script("inner", target.exe), *outer = write_script("outer", inner);
    char *argv[] = {target.exe, inner, outer, target.argv[1], NULL};
    pid_t pid = fork();
    if (pid == 0)
        execv(outer, argv + 2);
    log_fork(pid, driver);
    log_exec(pid, driver, target.exe, argv);
    log_exit(pid, wait_for(pid, TARGET_STATUS));
}
