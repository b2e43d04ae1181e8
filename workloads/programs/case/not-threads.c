/* Threads that start and end in one process. */
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
        pthread_create(&all[i], NULL, thread, &shared->pid[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(all[i], NULL);
}

static void play(void)
{
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, 0));
    for (int i = 0; i < 3; i++)
        log_owned(shared->pid[i]);
}
