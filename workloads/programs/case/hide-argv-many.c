/* Two thousand arguments. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    static char *argv[2001];
    for (int i = 0; i < 2000; i++)
        argv[i] = "word";
    argv[0] = target.argv[0];
    argv[1] = target.argv[1];
    pid_t pid = fork();
    if (pid == 0)
        execv(target.exe, argv);
    log_fork(pid, driver);
    log_exec(pid, driver, target.exe, argv);
    log_exit(pid, wait_for(pid, TARGET_STATUS));
}
