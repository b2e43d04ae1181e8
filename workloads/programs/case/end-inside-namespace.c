/* A process that is made and ends inside a pid namespace. */
#include "case.h"

static void child(void)
{
    send_own_pid();
    _exit(4);
}

static void first(void)
{
    send_own_pid();
    pid_t pid = fork();
    if (pid == 0)
        child();
    wait_for(pid, EXIT_CODE(4));
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
    pid_t pid = start_child(act), first = receive_pid(), second = receive_pid();
    log_fork(pid, driver);
    log_fork(first, pid);
    log_fork(second, first);
    log_exit(second, EXIT_CODE(4));
    log_exit(first, 0);
    log_exit(pid, wait_for(pid, 0));
}
