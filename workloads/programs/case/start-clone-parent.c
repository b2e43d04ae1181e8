/* clone with CLONE_PARENT: the new process is the caller's sibling. */
#include "case.h"

static char stack[1 << 16] __attribute__((aligned(16)));

static int child(void *unused)
{
    (void)unused;
    _exit(4);
}

static void act(void)
{
    shared->pid[0] = clone(child, stack + sizeof stack, CLONE_PARENT | SIGCHLD, NULL);
}

static void play(void)
{
    pid_t pid = start_child(act), sibling;
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, 0));
    sibling = shared->pid[0];
    log_fork(sibling, driver);
    log_exit(sibling, wait_for(sibling, EXIT_CODE(4)));
}
