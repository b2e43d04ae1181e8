/* fexecve of memory that was never in any file system. */
#include "case.h"

static void play(void)
{
    struct command target = command("target-dynamic");
    char path[64];
    int file = memfd_create("rollcall", MFD_CLOEXEC);
    must(file >= 0, "memfd_create");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    copy(target.exe, path);
    /* Written to through another descriptor, which is closed by now; this one still could. */
    int again = open(path, O_RDONLY | O_CLOEXEC);
    close(file);
    pid_t pid = fork();
    if (pid == 0)
        fexecve(again, target.argv, environ);
    target.exe = "/memfd:rollcall (deleted)";
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
