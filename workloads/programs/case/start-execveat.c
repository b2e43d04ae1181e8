/* execveat with an empty path: the file is a descriptor, no name is given. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    int file = open(target.exe, O_PATH | O_CLOEXEC);
    require(file >= 0, target.exe);
    pid_t pid = fork();
    if (pid == 0)
        execveat(file, "", target.argv, environ, AT_EMPTY_PATH);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
