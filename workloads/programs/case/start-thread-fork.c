/* fork from a thread that is not the first: the parent is the process all the same. */
#include "case.h"

static struct command target;

static void *thread(void *unused)
{
    board->pid[0] = (pid_t)syscall(SYS_gettid);
    pid_t pid = fork();
    if (pid == 0)
        run(&target);
    board->pid[1] = pid;
    finish(pid, TARGET_ENDS);
    return unused;
}

static void act(void)
{
    pthread_t one;
    pthread_create(&one, NULL, thread, NULL);
    pthread_join(one, NULL);
}

static void play(void)
{
    target = command("target-dynamic");
    pid_t pid = actor(act), child;
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
    child = board->pid[1];
    told_fork(child, pid);
    told_exec(child, pid, target.exe, target.argv);
    told_exit(child, TARGET_ENDS);
    told_owned(board->pid[0]);
}
