/* No arguments at all, not even a name. */
#include "case.h"

#define NONE EXIT_CODE(8)

static void play(void)
{
    struct command target = installed("target-nolibc");
    char *none[] = {NULL}, *empty[] = {"", NULL};
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        execv(target.exe, none);
    require(pid > 0 && reap(pid, &status) == pid, "the child");
    require(status == NONE || status == TARGET_STATUS, "its end");
    log_fork(pid, driver);
    /* Since Linux 5.18, and in stable kernels before, the program is given one empty argument instead; it says so. */
    log_exec(pid, driver, target.exe, status == NONE ? none : empty);
    log_exit(pid, status);
}
