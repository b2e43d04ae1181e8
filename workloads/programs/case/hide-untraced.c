/* clone with CLONE_UNTRACED, then exec. */
#include "case.h"

static struct command target;
static char stack[1 << 16] __attribute__((aligned(16)));

static int child(void *unused)
{
    (void)unused;
    execute(&target);
}

static void play(void)
{
    target = installed("target-dynamic");
    pid_t pid = clone(child, stack + sizeof stack, CLONE_UNTRACED | SIGCHLD, NULL);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
