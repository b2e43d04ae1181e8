/* A script, whose first line names the program that will run. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *path = write_script("script", target.exe);
    /* What the kernel makes of it: the interpreter, then the script, then its arguments. */
    char *argv[] = {target.exe, path, target.argv[1], NULL};
    pid_t pid = fork();
    if (pid == 0)
        execv(path, argv + 1);
    log_fork(pid, driver);
    log_exec(pid, driver, target.exe, argv);
    log_exit(pid, wait_for(pid, TARGET_STATUS));
}
