/* exec of a file that begins like a program and is cut off. */
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
    path = in_folder("half");
    write_file(path, "\177ELF\2\1\1", 7, 0755);
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
}
