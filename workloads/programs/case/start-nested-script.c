/* A script whose interpreter is a script. */
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
    char *inner = script("inner", target.exe), *outer = script("outer", inner);
    char *argv[] = {target.exe, inner, outer, target.argv[1], NULL};
    pid_t pid = fork();
    if (pid == 0)
        execv(outer, argv + 2);
    told_fork(pid, driver);
    told_exec(pid, driver, target.exe, argv);
    told_exit(pid, finish(pid, TARGET_ENDS));
}
