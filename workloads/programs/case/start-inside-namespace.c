/* A process made by another one inside a pid namespace. */
#include "case.h"

static struct command target;

static void child(void)
{
    send_own_pid();
    execute(&target);
}

static void first(void)
{
    send_own_pid();
    pid_t pid = fork();
    if (pid == 0)
        child();
    wait_for(pid, TARGET_STATUS);
    _exit(0);
}

static void act(void)
{
    leave_namespaces(CLONE_NEWPID);
    pid_t pid = fork();
    if (pid == 0)
        first();
    wait_for(pid, 0);
}

static void play(void)
{
    open_pid_channel();
    target = installed("target-dynamic");
    pid_t pid = start_child(act), first = receive_pid(), second = receive_pid();
    log_fork(pid, driver);
    log_fork(first, pid);
    log_fork(second, first);
    log_exec(second, first, target.exe, target.argv);
    log_exit(second, TARGET_STATUS);
    log_exit(first, 0);
    log_exit(pid, wait_for(pid, 0));
}
