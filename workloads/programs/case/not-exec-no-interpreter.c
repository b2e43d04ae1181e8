/* exec of a script whose interpreter is not there. */
#include "case.h"

static struct command target;
static char *path;

static void act(void)
{
    execv(path, target.argv);
    must(errno == ENOENT, path);
}

static void play(void)
{
    target = command("target-dynamic");
    path = in_folder("script");
    write_file(path, "#!/nobody/there\n", 16, 0755);
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
}
