/* exec through a symbolic link. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *link = in_folder("link");
    require(symlink(target.exe, link) == 0, link);
    pid_t pid = fork();
    if (pid == 0)
        execv(link, target.argv);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
