/* fexecve of memory that was never in any file system. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    char path[64];
    int file = memfd_create("rollcall", MFD_CLOEXEC);
    require(file >= 0, "memfd_create");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    copy_program(target.exe, path);
    /* A descriptor that can be written to would make exec fail with ETXTBSY. */
    int again = open(path, O_RDONLY | O_CLOEXEC);
    close(file);
    pid_t pid = fork();
    if (pid == 0)
        fexecve(again, target.argv, environ);
    target.exe = "/memfd:rollcall (deleted)";
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
