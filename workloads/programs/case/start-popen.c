/* popen: the C library starts a shell, which here replaces itself. */
#include "case.h"

/* The shell has no builtin that waits, and it must live long enough for a look-up in /proc. */
#define LINGER "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done; "

static void play(void)
{
    struct command target = installed("target-dynamic");
    target.argv[0] = target.exe;
    char line[4096];
    snprintf(line, sizeof line, "echo $$; " LINGER "exec '%s' %s", target.exe, target.argv[1]);
    FILE *pipe = popen(line, "r");
    pid_t pid = 0;
    require(pipe != NULL && fscanf(pipe, "%d", &pid) == 1, "popen");
    require(pclose(pipe) == TARGET_STATUS, "pclose");
    log_fork(pid, driver);
    /* The arguments of the shell differ between versions of the C library. */
    log_exec(pid, driver, realpath("/bin/sh", NULL), NULL);
    log_exec(pid, driver, target.exe, target.argv);
    log_exit(pid, TARGET_STATUS);
}
