/* A child of vfork whose exec fails. */
#include "case.h"

static char *path;

static void play(void)
{
    path = in_folder("nobody");
    pid_t pid = vfork();
    if (pid == 0) {
        char *argv[] = {path, NULL};
        execv(path, argv);
        _exit(127);
    }
    told_fork(pid, driver);
    told_exit(pid, finish(pid, CODE(127)));
}
