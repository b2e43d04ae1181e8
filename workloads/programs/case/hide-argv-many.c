/* Two thousand arguments. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    static char *argv[2001];
    for (int i = 0; i < 2000; i++)
        argv[i] = "word";
    argv[0] = target.argv[0];
    argv[1] = target.argv[1];
    pid_t pid = fork();
    if (pid == 0)
        execv(target.exe, argv);
    told_fork(pid, driver);
    told_exec(pid, driver, target.exe, argv);
    told_exit(pid, finish(pid, TARGET_ENDS));
}
