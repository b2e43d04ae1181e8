/* No arguments at all, not even a name. */
#include "case.h"

#include <sys/utsname.h>

static void play(void)
{
    struct command target = command("target-nolibc");
    struct utsname kernel;
    int major = 0, minor = 0;
    must(uname(&kernel) == 0 && sscanf(kernel.release, "%d.%d", &major, &minor) == 2, "uname");
    /* Since Linux 5.18 the program is given one empty argument instead. */
    int one = major > 5 || (major == 5 && minor >= 18);
    char *none[] = {NULL}, *empty[] = {"", NULL};
    pid_t pid = fork();
    if (pid == 0)
        execv(target.exe, none);
    told_fork(pid, driver);
    told_exec(pid, driver, target.exe, one ? empty : none);
    told_exit(pid, finish(pid, TARGET_ENDS));
}
