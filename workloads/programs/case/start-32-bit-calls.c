/* A 64-bit program that makes its system calls as 32-bit programs do. */
#include "case.h"

static void play(void)
{
    need_x86();
    struct command caller = installed("syscalls32-nolibc"), target = installed("target-nolibc");
    int channel[2];
    pid_t child = 0;
    require(pipe(channel) == 0, "pipe");
    caller.argv[2] = joined(target.exe, "", "");
    target.argv[0] = target.exe;
    target.argv[1] = caller.argv[1];
    pid_t pid = fork();
    if (pid == 0) {
        dup2(channel[1], 201);
        execute(&caller);
    }
    close(channel[1]);
    int status = -1;
    require(reap(pid, &status) == pid, "waitpid");
    if (status == SIGSEGV)
        unavailable("32-bit system calls", "use a kernel with CONFIG_IA32_EMULATION, switched on");
    require(status == TARGET_STATUS && read(channel[0], &child, sizeof child) == sizeof child, caller.exe);
    log_life(pid, &caller, status);
    log_fork(child, pid);
    /* The same nonce again: the caller has no memory to build another in. */
    log_exec(child, pid, target.exe, target.argv);
    log_exit(child, TARGET_STATUS);
}
