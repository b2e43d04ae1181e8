/* A dynamic program that makes its system calls itself. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-nolibc");
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        syscall(SYS_execve, target.exe, target.argv, environ);
        syscall(SYS_exit_group, 127);
    }
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
