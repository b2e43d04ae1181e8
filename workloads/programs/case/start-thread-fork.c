/* fork from a thread that is not the first: the parent is the process all the same. */
#include "case.h"

static struct command target;

static void *thread(void *unused)
{
    shared->pid[0] = (pid_t)syscall(SYS_gettid);
    pid_t pid = fork();
    if (pid == 0)
        execute(&target);
    shared->pid[1] = pid;
    wait_for(pid, TARGET_STATUS);
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
    pid_t pid = start_child(act), child;
    log_fork(pid, driver);
    log_exit(pid, wait_for(pid, 0));
    child = shared->pid[1];
    log_fork(child, pid);
    log_exec(child, pid, target.exe, target.argv);
    log_exit(child, TARGET_STATUS);
    log_owned(shared->pid[0]);
}
