/* A 32-bit program on a 64-bit kernel. */
#include "case.h"

static struct command target;

static void act(void)
{
    execv(target.exe, target.argv);
    if (errno == ENOEXEC)
        cannot("32-bit programs", "use a kernel with CONFIG_IA32_EMULATION, switched on");
    broken(target.exe);
}

static void play(void)
{
    target = command("target32-i386");
    pid_t pid = actor(act);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
