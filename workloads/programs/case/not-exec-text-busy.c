/* exec of a file that is open for writing. */
#include "case.h"

static struct command target;
static char *path;

static void act(void)
{
    execv(path, target.argv);
    require(errno == ETXTBSY, path);
}

static void play(void)
{
    target = installed("target-dynamic");
    path = in_folder("busy");
    copy_program(target.exe, path);
    require(open(path, O_WRONLY | O_CLOEXEC) >= 0, path);
    pid_t pid = start_child(act);
    int status = -1;
    require(reap(pid, &status) == pid, "waitpid");
    if (status == TARGET_STATUS)
        unavailable("a kernel that refuses to execute a file open for writing",
                    "use one other than 6.11 and 6.12");
    require(status == 0, path);
    log_fork(pid, driver);
    log_exit(pid, status);
}
