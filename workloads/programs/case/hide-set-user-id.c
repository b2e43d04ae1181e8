/* A program that runs as another user than the process that starts it. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-set-user-id");
    target.argv[2] = "secure?";
    pid_t pid = fork();
    if (pid == 0)
        execute(&target);
    int status = -1;
    require(reap(pid, &status) == pid, "waitpid");
    if (status == EXIT_CODE(8) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        unavailable("a process that may gain rights: no_new_privs is set here, and children inherit it",
                    "start the harness without it");
    if (status == EXIT_CODE(8))
        unavailable("a file system that obeys set-user-id programs", "set TMPDIR to one without nosuid");
    require(status == TARGET_STATUS, target.exe);
    log_life(pid, &target, status);
}
