/* A process that its parent never waits for. */
#include "case.h"

static void parent(void)
{
    siginfo_t ended;
    pid_t pid = fork();
    if (pid == 0)
        _exit(4);
    shared->pid[0] = pid;
    /* WNOWAIT leaves it a zombie. */
    require(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT) == 0, "waitid");
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
