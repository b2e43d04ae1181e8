/* Killed by SIGTERM, which it does not catch. */
#include "case.h"

static void act(void)
{
    raise_flag();
    for (;;)
        pause();
}

static void play(void)
{
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    wait_for_flag(1);
    require(kill(pid, SIGTERM) == 0, "kill");
    log_exit(pid, wait_for(pid, SIGTERM));
}
