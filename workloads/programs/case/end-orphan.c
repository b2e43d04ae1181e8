/* The parent has ended when its child ends. */
#include "case.h"

static void orphan(void)
{
    while (getppid() != driver)
        usleep(100);
    _exit(4);
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
    pid_t first = start_child(parent);
    log_fork(first, driver);
    log_exit(first, wait_for(first, 0));
    pid_t second = shared->pid[0];
    log_fork(second, first);
    log_exit(second, wait_for(second, EXIT_CODE(4)));
}
