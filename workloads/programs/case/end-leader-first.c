/* The first thread ends, the process lives on in another. */
#include "case.h"

/* The state of the first thread in /proc: Z when it has ended. */
static char state_of_first(void)
{
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
    FILE *file = fopen(path, "r");
    require(file != NULL && fscanf(file, "%*d %*s %c", &state) == 1, path);
    fclose(file);
    return state;
}

static void *thread(void *unused)
{
    shared->pid[0] = (pid_t)syscall(SYS_gettid);
    while (state_of_first() != 'Z')
        usleep(100);
    raise_flag();
    wait_for_flag(2);
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
    pid_t pid = start_child(act);
    log_fork(pid, driver);
    wait_for_flag(1);
    next_window();
    raise_flag();
    log_exit(pid, wait_for(pid, 0));
    log_owned(shared->pid[0]);
}
