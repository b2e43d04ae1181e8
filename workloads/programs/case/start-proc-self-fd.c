/* exec through /proc/self/fd: a path that names a descriptor. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    int file = open(target.exe, O_RDONLY | O_CLOEXEC);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    must(file >= 0, target.exe);
    pid_t pid = fork();
    if (pid == 0)
        execv(path, target.argv);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
