/* system: the C library starts a shell, which here replaces itself. */
#include "case.h"

/* The shell has no builtin that waits, and it must live long enough for a look-up in /proc. */
#define LINGER "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done; "

static void play(void)
{
    struct command target = installed("target-dynamic");
    target.argv[0] = target.exe;
    char *note = in_folder("pid"), line[4096];
    snprintf(line, sizeof line, "echo $$ > '%s'; " LINGER "exec '%s' %s", note, target.exe, target.argv[1]);
    require(system(line) == TARGET_STATUS, "system");
    FILE *file = fopen(note, "r");
    pid_t pid = 0;
    require(file != NULL && fscanf(file, "%d", &pid) == 1, note);
    log_fork(pid, driver);
    /* The arguments of the shell differ between versions of the C library. */
    log_exec(pid, driver, realpath("/bin/sh", NULL), NULL);
    log_exec(pid, driver, target.exe, target.argv);
    log_exit(pid, TARGET_STATUS);
}
