/* A process that is stopped and continued. */
#include "case.h"

static void act(void) { raise(SIGSTOP); }

static void play(void)
{
    int status = 0;
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    require(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "waitpid");
    require(kill(pid, SIGCONT) == 0, "kill");
    log_exit(pid, wait_for(pid, 0));
}
