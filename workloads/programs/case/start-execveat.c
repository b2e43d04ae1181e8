/* execveat with an empty path: the file is a descriptor, no name is given. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    int file = open(target.exe, O_PATH | O_CLOEXEC);
    must(file >= 0, target.exe);
    pid_t pid = fork();
    if (pid == 0)
        execveat(file, "", target.argv, environ, AT_EMPTY_PATH);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
