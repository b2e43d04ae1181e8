/* exec from a thread that is not the first: it takes the first one's id over. */
#include "case.h"

static struct command target;

static void *thread(void *unused)
{
    board->pid[0] = (pid_t)syscall(SYS_gettid);
    run(&target);
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
    pid_t pid = actor(act);
    told_life(pid, &target, finish(pid, TARGET_ENDS));
    told_owned(board->pid[0]);
}
