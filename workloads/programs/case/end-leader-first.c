/* The first thread ends, the process lives on in another. */
#include "case.h"

/* What /proc says of my first thread: Z when it has ended. */
static char state_of_first(void)
{
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
    FILE *file = fopen(path, "r");
    must(file != NULL && fscanf(file, "%*d %*s %c", &state) == 1, path);
    fclose(file);
    return state;
}

static void *thread(void *unused)
{
    board->pid[0] = (pid_t)syscall(SYS_gettid);
    while (state_of_first() != 'Z')
        usleep(100);
    raise_flag();
    meet(2);
    return unused;
}

static void act(void)
{
    pthread_t one;
    pthread_create(&one, NULL, thread, NULL);
    pthread_exit(NULL);
}

static void play(void)
{
    pid_t pid = actor(act);
    told_fork(pid, driver);
    meet(1);
    then();
    raise_flag();
    told_exit(pid, finish(pid, 0));
    told_owned(board->pid[0]);
}
