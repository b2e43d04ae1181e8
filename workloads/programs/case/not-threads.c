/* Threads, which come and go in one process. */
#include "case.h"

static void *thread(void *place)
{
    *(pid_t *)place = (pid_t)syscall(SYS_gettid);
    return NULL;
}

static void act(void)
{
    pthread_t all[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&all[i], NULL, thread, &board->pid[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(all[i], NULL);
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    told_exit(pid, finish(pid, 0));
    for (int i = 0; i < 3; i++)
        told_owned(board->pid[i]);
}
