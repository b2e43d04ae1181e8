/* popen: the C library starts a shell, which here replaces itself. */
#include "case.h"

/* The shell has no command of its own that waits, and it shall be there when /proc is asked. */
#define LINGER "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done; "

static void play(void)
{
    struct command target = command("target-dynamic");
    target.argv[0] = target.exe;
    char line[4096];
    snprintf(line, sizeof line, "echo $$; " LINGER "exec '%s' %s", target.exe, target.argv[1]);
    FILE *pipe = popen(line, "r");
    pid_t pid = 0;
    must(pipe != NULL && fscanf(pipe, "%d", &pid) == 1, "popen");
    must(pclose(pipe) == TARGET_ENDS, "pclose");
    told_fork(pid, driver);
    /* How the C library words it differs from version to version. */
    told_exec(pid, driver, realpath("/bin/sh", NULL), NULL);
    told_exec(pid, driver, target.exe, target.argv);
    told_exit(pid, TARGET_ENDS);
}
