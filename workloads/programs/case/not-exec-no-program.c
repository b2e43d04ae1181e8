/* exec of a file that is no program. */
#include "case.h"

static struct command target;
static char *path;

static void act(void)
{
    execv(path, target.argv);
    must(errno == ENOEXEC, path);
}

static void play(void)
{
    target = command("target-dynamic");
    path = in_folder("noise");
    write_file(path, "\0\1\2\3noise", 9, 0755);
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
}
