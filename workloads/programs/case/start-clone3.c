/* clone3, which the C library has no function for, then exec. */
#include "case.h"

#include <linux/sched.h>

static void play(void)
{
    struct command target = installed("target-dynamic");
    struct clone_args how = {.exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof how);
    if (pid < 0 && errno == ENOSYS)
        unavailable("clone3", "use Linux 5.3 or later, and no seccomp filter that forbids it");
    if (pid == 0)
        execute(&target);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
