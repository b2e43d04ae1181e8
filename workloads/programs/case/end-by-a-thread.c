/* A thread that is not the first ends the process. */
#include "case.h"

static void *thread(void *unused)
{
    (void)unused;
    board->pid[0] = (pid_t)syscall(SYS_gettid);
    exit(5);
}

static void act(void)
{
    pthread_t one;
    pthread_create(&one, NULL, thread, NULL);
    for (;;)
        pause();
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, CODE(5)));
    told_owned(board->pid[0]);
}
