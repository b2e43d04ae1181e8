/* A process that is stopped and told to go on. */
#include "case.h"

static void act(void) { raise(SIGSTOP); }

static void play(void)
{
    int status = 0;
    pid_t pid = actor(act);
    told_fork(pid, driver);
    must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "waitpid");
    must(kill(pid, SIGCONT) == 0, "kill");
    told_exit(pid, finish(pid, 0));
}
