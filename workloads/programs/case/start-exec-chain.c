/* One process, three programs in a row. */
#include "case.h"

static void play(void)
{
    char *exe = installed("target-dynamic").exe, *next = "then";
    char *argv[] = {exe, new_nonce(), next, exe, new_nonce(), next, exe, new_nonce(), NULL};
    pid_t pid = fork();
    if (pid == 0)
        execv(exe, argv);
    log_fork(pid, driver);
    for (int step = 0; step < 3; step++)
        log_exec(pid, driver, exe, argv + 3 * step);
    log_exit(pid, wait_for(pid, TARGET_STATUS));
}
