/* A process that was there before the monitor: it forks, executes and ends. */
#include "case.h"

static struct command target;

static void act(void)
{
    raise_flag();
    meet(2);
    pid_t pid = fork();
    if (pid == 0)
        _exit(4);
    board->pid[0] = pid;
    finish(pid, CODE(4));
    run(&target);
}

static void play(void)
{
    target = command("target-dynamic");
    pid_t pid = actor(act);
    meet(1);
    /* The harness starts the monitor when it gets this, and closes my stdin when that is ready. */
    char byte = 'x';
    must(write(1, &byte, 1) == 1 && read(0, &byte, 1) == 0, "the harness is gone");
    then();
    raise_flag();
    told_exec(pid, driver, target.exe, target.argv);
    told_exit(pid, finish(pid, TARGET_ENDS));
    told_fork(board->pid[0], pid);
    told_exit(board->pid[0], CODE(4));
}
