/* A child of vfork whose exec fails. */
#include "case.h"

static void play(void)
{
    char *path = in_folder("missing"), *argv[] = {path, NULL};
    pid_t pid = vfork();
    if (pid == 0) {
        execv(path, argv);
        _exit(127);
    }
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, EXIT_CODE(127)));
}
