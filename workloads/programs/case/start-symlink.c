/* exec through a symbolic link. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    char *link = in_folder("link");
    must(symlink(target.exe, link) == 0, link);
    pid_t pid = fork();
    if (pid == 0)
        execv(link, target.argv);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
