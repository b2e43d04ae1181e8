/* A file that is deleted before it is executed. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char *path = in_folder("gone");
    copy_program(target.exe, path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    require(file >= 0 && unlink(path) == 0, path);
    pid_t pid = fork();
    if (pid == 0)
        fexecve(file, target.argv, environ);
    target.exe = joined(path, " (deleted)", "");
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
