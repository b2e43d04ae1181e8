/* exec under another root. */
#include "case.h"

static struct command target;
static char *path;

static void act(void)
{
    unshare_all(0);
    must(chroot(folder()) == 0 && chdir("/") == 0, "chroot");
    execv("/target", target.argv);
    broken("/target");
}

static void play(void)
{
    target = command("target-nolibc");
    path = in_folder("target");
    copy(target.exe, path);
    pid_t pid = actor(act);
    target.exe = path;
    told_life(pid, &target, finish(pid, TARGET_ENDS));
}
