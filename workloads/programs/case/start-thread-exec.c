/* exec from a thread that is not the first: it takes over the id of the first. */
#include "case.h"

static struct command target;

static void *thread(void *unused)
{
    shared->pid[0] = (pid_t)syscall(SYS_gettid);
    execute(&target);
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
    target = installed("target-dynamic");
    pid_t pid = start_child(act);
    log_life(pid, &target, wait_for(pid, TARGET_STATUS));
    log_owned(shared->pid[0]);
}
