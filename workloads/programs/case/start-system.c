/* system: the C library starts a shell, which here replaces itself. */
#include "case.h"

/* The shell has no command of its own that waits, and it shall be there when /proc is asked. */
#define LINGER "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done; "

static void play(void)
{
    struct command target = command("target-dynamic");
    target.argv[0] = target.exe;
    char *note = in_folder("pid"), line[4096];
    snprintf(line, sizeof line, "echo $$ > '%s'; " LINGER "exec '%s' %s", note, target.exe, target.argv[1]);
    must(system(line) == TARGET_ENDS, "system");
    FILE *file = fopen(note, "r");
    pid_t pid = 0;
    must(file != NULL && fscanf(file, "%d", &pid) == 1, note);
    told_fork(pid, driver);
    /* How the C library words it differs from version to version. */
    told_exec(pid, driver, realpath("/bin/sh", NULL), NULL);
    told_exec(pid, driver, target.exe, target.argv);
    told_exit(pid, TARGET_ENDS);
}
