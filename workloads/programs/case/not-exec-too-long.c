/* exec with an argument longer than there can be. */
#include "case.h"

static struct command target;

static void act(void)
{
    execv(target.exe, target.argv);
    must(errno == E2BIG, target.exe);
}

static void play(void)
{
    target = command("target-dynamic");
    static char word[(128 << 10) + 1];
    memset(word, 'x', sizeof word - 1);
    target.argv[2] = word;
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
}
