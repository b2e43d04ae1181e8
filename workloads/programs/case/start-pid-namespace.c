/* The first process of a new pid namespace, made from outside. */
#include "case.h"

static struct command target;

static void act(void)
{
    leave_namespaces(CLONE_NEWPID);
    pid_t first = fork();
    if (first == 0)
        execute(&target);
    shared->pid[0] = first;
    wait_for(first, TARGET_STATUS);
}

static void play(void)
{
    target = installed("target-dynamic");
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, 0));
    pid_t first = shared->pid[0];
    log_fork(first, pid);
    log_exec(first, pid, target.exe, target.argv);
    log_exit(first, TARGET_STATUS);
}
