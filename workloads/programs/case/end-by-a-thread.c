/* A thread that is not the first ends the process. */
#include "case.h"

static void *thread(void *unused)
{
    (void)unused;
    shared->pid[0] = (pid_t)syscall(SYS_gettid);
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
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, EXIT_CODE(5)));
    log_owned(shared->pid[0]);
}
