/* As daemons do: the parent ends, the orphan goes on and executes. */
#include "case.h"

static struct command target;

static void orphan(void)
{
    setsid();
    while (getppid() != driver)
        usleep(100);
    execute(&target);
}

static void parent(void)
{
    pid_t pid = fork();
    if (pid == 0)
        orphan();
    shared->pid[0] = pid;
}

static void play(void)
{
    target = installed("target-dynamic");
    pid_t first = start_child(parent);
    log_fork(first, driver);
    log_exit(first, wait_for(first, 0));
    pid_t second = shared->pid[0];
    log_fork(second, first);
    /* The driver is the reaper of orphans. */
    log_exec(second, driver, target.exe, target.argv);
    log_exit(second, wait_for(second, TARGET_STATUS));
}
