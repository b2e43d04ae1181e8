/* The first process of a pid namespace ends, and so the kernel kills the others. */
#include "case.h"

static void child(void)
{
    show_face();
    raise_flag();
    for (;;)
        pause();
}

static void first(void)
{
    show_face();
    pid_t pid = fork();
    if (pid == 0)
        child();
    meet(1);
    _exit(0);
}

static void act(void)
{
    unshare_all(CLONE_NEWPID);
    pid_t pid = fork();
    if (pid == 0)
        first();
    finish(pid, 0);
}

static void play(void)
{
    expect_faces();
    pid_t pid = actor(act), first = see_face(), second = see_face();
    told_fork(pid, driver);
    told_fork(first, pid);
    told_fork(second, first);
    told_exit(second, SIGKILL);
    told_exit(first, 0);
    told_exit(pid, finish(pid, 0));
}
