/* exec through /proc/self/fd: a path that names a descriptor. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    int file = open(target.exe, O_RDONLY | O_CLOEXEC);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    require(file >= 0, target.exe);
    pid_t pid = fork();
    if (pid == 0)
        execv(path, target.argv);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
