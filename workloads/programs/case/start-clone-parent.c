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
    board->pid[0] = clone(child, stack + sizeof stack, CLONE_PARENT | SIGCHLD, NULL);
}

static void play(void)
{
    pid_t pid = actor(act), sibling;
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
    sibling = board->pid[0];
    told_fork(sibling, driver);
    told_exit(sibling, finish(sibling, CODE(4)));
}
