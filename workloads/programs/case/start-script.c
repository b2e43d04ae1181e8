/* A script, whose first line names the program that will run. */
#include "case.h"

static char *script(const char *name, const char *interpreter)
{
    char *path = in_folder(name), *line = joined("#!", interpreter, "\n");
    write_file(path, line, strlen(line), 0755);
    return path;
}

static void play(void)
{
    struct command target = command("target-dynamic");
    char *path = script("script", target.exe);
    /* What the kernel makes of it: the interpreter, then the script, then its words. */
    char *argv[] = {target.exe, path, target.argv[1], NULL};
    pid_t pid = fork();
    if (pid == 0)
        execv(path, argv + 1);
    told_fork(pid, driver);
    told_exec(pid, driver, target.exe, argv);
    told_exit(pid, finish(pid, TARGET_ENDS));
}
