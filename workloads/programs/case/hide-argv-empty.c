/* No arguments at all, not even a name. */
#include "case.h"

#include <sys/utsname.h>

static void play(void)
{
    struct command target = installed("target-nolibc");
    struct utsname kernel;
    int major = 0, minor = 0;
    require(uname(&kernel) == 0 && sscanf(kernel.release, "%d.%d", &major, &minor) == 2, "uname");
    /* Since Linux 5.18 the program is given one empty argument instead. */
    int one = major > 5 || (major == 5 && minor >= 18);
    char *none[] = {NULL}, *empty[] = {"", NULL};
    pid_t pid = fork();
    if (pid == 0)
        execv(target.exe, none);
    log_fork(pid, driver);
    log_exec(pid, driver, target.exe, one ? empty : none);
    log_exit(pid, wait_for(pid, TARGET_STATUS));
}
