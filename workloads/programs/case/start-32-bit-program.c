/* A 32-bit program on a 64-bit kernel. */
#include "case.h"

static struct command target;

static void act(void)
{
    execv(target.exe, target.argv);
    if (errno == ENOEXEC)
        unavailable("32-bit programs", "use a kernel with CONFIG_IA32_EMULATION, switched on");
    fail_case(target.exe);
}

static void play(void)
{
    need_x86();
    target = installed("target32-i386");
    pid_t pid = start_child(act);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
