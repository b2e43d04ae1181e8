/* A process made inside a pid namespace by one that is inside, too. */
#include "case.h"

static struct command target;

static void child(void)
{
    show_face();
    run(&target);
}

static void first(void)
{
    show_face();
    pid_t pid = fork();
    if (pid == 0)
        child();
    finish(pid, TARGET_ENDS);
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
    target = command("target-dynamic");
    pid_t pid = actor(act), first = see_face(), second = see_face();
    told_fork(pid, driver);
    told_fork(first, pid);
    told_fork(second, first);
    told_exec(second, first, target.exe, target.argv);
    told_exit(second, TARGET_ENDS);
    told_exit(first, 0);
    told_exit(pid, finish(pid, 0));
}
