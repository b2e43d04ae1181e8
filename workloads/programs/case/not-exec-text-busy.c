/* exec of a file that somebody has open for writing. */
#include "case.h"

static struct command target;
static char *path;

static void act(void)
{
    execv(path, target.argv);
    must(errno == ETXTBSY, path);
}

static void play(void)
{
    target = command("target-dynamic");
    path = in_folder("busy");
    copy(target.exe, path);
    must(open(path, O_WRONLY | O_CLOEXEC) >= 0, path);
    pid_t pid = actor(act);
    int status = -1;
    must(reap(pid, &status) == pid, "waitpid");
    if (status == TARGET_ENDS)
        cannot("a kernel that refuses to execute a file open for writing",
               "use one other than 6.11 and 6.12");
    must(status == 0, path);
    told_fork(pid, driver);
    told_exit(pid, status);
}
