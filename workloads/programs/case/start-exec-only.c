/* exec by a process that has run for a while, with no fork just before. */
#include "case.h"

static struct command target;

static void act(void)
{
    wait_for_flag(1);
    execute(&target);
}

static void play(void)
{
    target = installed("target-dynamic");
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    next_window();
    raise_flag();
    log_exec(pid, driver, target.exe, target.argv);
    log_exit(pid, wait_for(pid, TARGET_STATUS));
}
