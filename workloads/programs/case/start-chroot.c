/* exec under another root. */
#include "case.h"

static struct command target;
static char *path;

static void act(void)
{
    leave_namespaces(0);
    require(chroot(folder()) == 0 && chdir("/") == 0, "chroot");
    execv("/target", target.argv);
    fail_case("/target");
}

static void play(void)
{
    target = installed("target-nolibc");
    path = in_folder("target");
    copy_program(target.exe, path);
    pid_t pid = start_child(act);
    target.exe = path;
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
}
