/* exec of a file that may not be executed. */
#include "case.h"

static struct command target;
static char *path;

static void act(void)
{
    execv(path, target.argv);
    must(errno == EACCES, path);
}

static void play(void)
{
    target = command("target-dynamic");
    path = in_folder("plain");
    write_file(path, "#!/bin/sh\n", 10, 0644);
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
}
