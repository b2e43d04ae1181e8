/* A file that is gone by the time it is executed. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    char *path = in_folder("gone");
    copy(target.exe, path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    must(file >= 0 && unlink(path) == 0, path);
    pid_t pid = fork();
    if (pid == 0)
        fexecve(file, target.argv, environ);
    target.exe = joined(path, " (deleted)", "");
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
