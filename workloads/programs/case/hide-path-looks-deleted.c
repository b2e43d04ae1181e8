/* A file that is there and whose name ends in what the kernel adds when one is not. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    char *there = in_folder("target (deleted)");
    copy(target.exe, there);
    target.exe = there;
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
