/* exec by a process that has been there for a while, with no fork before it. */
#include "case.h"

static struct command target;

static void act(void)
{
    meet(1);
    run(&target);
}

static void play(void)
{
    target = command("target-dynamic");
    pid_t pid = actor(act);
    told_fork(pid, driver);
    then();
    raise_flag();
    told_exec(pid, driver, target.exe, target.argv);
    told_exit(pid, finish(pid, TARGET_ENDS));
}
