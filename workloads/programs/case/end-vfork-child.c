/* A child of vfork that ends without having executed anything. */
#include "case.h"

static void act(void)
{
    pid_t pid = vfork();
    if (pid == 0)
        _exit(4);
    shared->pid[0] = pid;
    wait_for(pid, EXIT_CODE(4));
}

static void play(void)
{
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, 0));
    log_fork(shared->pid[0], pid);
    log_exit(shared->pid[0], EXIT_CODE(4));
}
