/* A process older than the monitor: it forks, executes and ends. */
#include "case.h"

static struct command target;

static void act(void)
{
    raise_flag();
    wait_for_flag(2);
    pid_t pid = fork();
    if (pid == 0)
        _exit(4);
    shared->pid[0] = pid;
    wait_for(pid, EXIT_CODE(4));
    execute(&target);
}

static void play(void)
{
    target = installed("target-dynamic");
    pid_t pid = start_child(act);
    wait_for_flag(1);
    /* The harness starts the monitor when it reads this byte, and closes stdin when that is ready. */
    char byte = 'x';
    require(write(1, &byte, 1) == 1 && read(0, &byte, 1) == 0, "the harness is gone");
    next_window();
    raise_flag();
    log_exec(pid, driver, target.exe, target.argv);
    log_exit(pid, wait_for(pid, TARGET_STATUS));
    log_fork(shared->pid[0], pid);
    log_exit(shared->pid[0], EXIT_CODE(4));
}
