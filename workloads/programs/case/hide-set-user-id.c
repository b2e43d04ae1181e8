/* A program that runs as another user than who starts it. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-set-user-id");
    target.argv[2] = "secure?";
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    int status = -1;
    must(reap(pid, &status) == pid, "waitpid");
    if (status == CODE(8))
        cannot("a file system that obeys set-user-id programs", "set TMPDIR to one without nosuid");
    must(status == TARGET_ENDS, target.exe);
    told_life(pid, &target, status);
}
