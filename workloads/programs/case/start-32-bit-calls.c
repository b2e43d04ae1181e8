/* A 64-bit program that makes its system calls as 32-bit programs do. */
#include "case.h"

static void play(void)
{
    struct command caller = command("calls32-nolibc"), target = command("target-nolibc");
    int note[2];
    pid_t child = 0;
    must(pipe(note) == 0, "pipe");
    caller.argv[2] = joined(target.exe, "", "");
    target.argv[0] = target.exe;
    target.argv[1] = caller.argv[1];
    pid_t pid = fork();
    if (pid == 0) {
        dup2(note[1], 201);
        run(&caller);
    }
    close(note[1]);
    int status = -1;
    must(reap(pid, &status) == pid, "waitpid");
    if (status == SIGSEGV)
        cannot("32-bit system calls", "use a kernel with CONFIG_IA32_EMULATION, switched on");
    must(status == TARGET_ENDS && read(note[0], &child, sizeof child) == sizeof child, caller.exe);
    told_life(pid, &caller, status);
    told_fork(child, pid);
    /* The same nonce again: that program has no memory to make words in. */
    told_exec(child, pid, target.exe, target.argv);
    told_exit(child, TARGET_ENDS);
}
